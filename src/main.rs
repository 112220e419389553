//! The program `tfmp`: arguments in, exit code out.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tfmp::cli::{Cli, Command};
use tfmp::config;
use tfmp::error::Error;
use tfmp::explain::{self, Found};
use tfmp::output::{self, Verdict, action, progress};
use tfmp::report::compat::preview::Preview;
use tfmp::rule::display;
use tfmp::settings::Settings;
use tfmp::settings::inputs::ActionSettings;
use tfmp::settings::runner::ReviewSettings;
use tfmp::{github, rules, run};

/// Syntax trees are many small pieces that live for a moment, on every thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keeps Linux from giving the program pages of two megabytes: with those it takes twice the memory, and
/// zeroing them takes longer than they save.
#[cfg(target_os = "linux")]
fn take_small_pages() {
    // Where this is refused, the program works all the same.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

#[cfg(not(target_os = "linux"))]
fn take_small_pages() {}

fn main() -> ExitCode {
    take_small_pages();
    let command = Cli::parse().command;
    let in_action = matches!(command, Command::Action);
    match execute(command) {
        Ok(Verdict::Pass) => ExitCode::SUCCESS,
        Ok(Verdict::Fail) => ExitCode::from(1),
        Err(error) => {
            if in_action {
                action::explain(&error);
            } else {
                output::explain(&error);
            }
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> Result<Verdict, Error> {
    match command {
        Command::Check(args) => {
            let settings = Settings::new(&args, rules::ALL)?;
            let report = waiting(&settings, || run::check(&settings))?;
            output::deliver(&report, rules::ALL, &settings)
        }
        Command::Fix(args) => {
            let settings = Settings::for_fix(&args, rules::ALL)?;
            let work = || run::repair::fix(&settings, args.also_unsafe);
            let repair = waiting(&settings, work)?;
            output::deliver_fixes(&repair, args.diff, &settings)
        }
        Command::Review(args) => {
            let settings = ReviewSettings::new(&args, rules::ALL)?;
            let outcome = github::post(&settings.told, &settings.runner);
            output::deliver_review(&outcome, settings.in_actions)
        }
        Command::Action => {
            let settings = ActionSettings::from_environment(rules::ALL)?;
            let report = run::check(&settings.scan)?;
            action::deliver(&report, rules::ALL, &settings)
        }
        Command::Compat(args) => {
            let settings = Settings::for_compat(&args, rules::ALL)?;
            let Some(release) = settings.previewed() else {
                let found = waiting(&settings, || run::compat::compat(&settings))?;
                return output::deliver_compat(&found, args.format, &settings);
            };
            let report = &waiting(&settings, || run::check(&settings))?;
            let preview = Preview { release, report };
            output::deliver_preview(&preview, args.format, rules::ALL, &settings)
        }
        Command::Explain(args) => {
            if let Ok(id) = config::find_rule(rules::ALL, &args.what)
                && let Some(rule) = rules::ALL.iter().find(|rule| rule.id == id)
            {
                return output::show_rule(rule, args.format);
            }
            let near = match explain::find(&args.what) {
                Found::Symbol(path) => {
                    let life = explain::life(&path, args.members);
                    if let Some(life) = life {
                        return output::explain_symbol(&life, args.format);
                    }
                    Vec::new()
                }
                Found::Nothing(near) => near.iter().map(|path| display(path)).collect(),
            };
            Err(unknown(args.what, near))
        }
        Command::Completions(args) => output::print(|out| {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "tfmp", &mut script);
            out.write_all(&script)
        }),
        Command::Man => output::print(|out| manual(out)),
        Command::Rules(args) => {
            output::list_rules(rules::ALL, args.format)?;
            Ok(Verdict::Pass)
        }
    }
}

/// Shows how far some work is, to whoever waits for it.
fn waiting<T>(settings: &Settings, work: impl FnOnce() -> T) -> T {
    progress::shown(settings.detail, run::progress::state, work)
}

/// What is neither a symbol nor a rule, with what may be meant: a rule that is near counts, too.
fn unknown(text: String, mut near: Vec<String>) -> Error {
    if let Err(Some(rule)) = config::find_rule(rules::ALL, &text)
        && near.is_empty()
    {
        near.push(rule.to_owned());
    }
    Error::UnknownSymbol { text, near }
}

/// The manual page, with a part for each command.
fn manual(out: &mut dyn Write) -> io::Result<()> {
    let mut command = Cli::command().disable_help_flag(true);
    command.build();
    let page = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text)?;
    for part in command.get_subcommands() {
        let page = clap_mangen::Man::new(part.clone());
        let heading = format!(".SH TFMP {}\n", part.get_name().to_uppercase());
        text.extend_from_slice(heading.as_bytes());
        page.render_description_section(&mut text)?;
        page.render_options_section(&mut text)?;
        page.render_extra_section(&mut text)?;
    }
    out.write_all(&text)
}
