//! The configuration, in a file of its own and in `pyproject.toml`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp::config::{self, Config, ConfigError};
use tfmp::discover::Globs;
use tfmp::rules::ALL;
use tfmp_fuzz::{file, text};

fuzz_target!(|bytes: &[u8]| {
    let Some(text) = text(bytes) else { return };
    let own = config::read(&file("tfmp.toml", &text), ALL);
    held(&text, own.map(Some));
    let shared = config::read_shared(&file("pyproject.toml", &text), ALL);
    held(&text, shared);
});

fn held(text: &str, read: Result<Option<Config>, ConfigError>) {
    match read {
        Ok(None) => {}
        Ok(Some(config)) => {
            let placed = [
                &config.tensorflow,
                &config.keras,
                &config.python,
                &config.baseline,
            ];
            let globs = config.exclude.iter().chain(&config.requirements);
            for one in placed.into_iter().flatten().chain(globs.clone()) {
                assert!(text.get(one.at.clone()).is_some(), "{one:?}");
                let _ = (config.place(one.at.start), config.line("key", one));
            }
            let globs: Vec<String> = globs.map(|one| one.value.clone()).collect();
            let _ = Globs::new(&globs);
        }
        Err(error) => {
            // One sentence, a place, and what to do.
            assert!(
                !error.message.is_empty() && !error.advice.is_empty(),
                "{error:?}"
            );
            let place: Vec<&str> = error.place.rsplitn(3, ':').collect();
            let number = |at: usize| place[at].parse::<u32>().expect("a place has numbers");
            assert!(number(0) >= 1 && number(1) >= 1, "{error:?}");
        }
    }
}
