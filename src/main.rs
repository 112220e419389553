//! The program `tfmp`: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use tfmp::cli::{Cli, Command};
use tfmp::error::Error;
use tfmp::output::{self, Verdict, action};
use tfmp::settings::Settings;
use tfmp::settings::inputs::ActionSettings;
use tfmp::{rules, run};

/// Syntax trees are many small pieces that live for a moment, on every thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
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
            let report = run::check(&settings)?;
            output::deliver(&report, rules::ALL, &settings)
        }
        Command::Fix(args) => {
            let settings = Settings::for_fix(&args, rules::ALL)?;
            let repair = run::repair::fix(&settings, args.also_unsafe)?;
            output::deliver_fixes(&repair, args.diff, &settings)
        }
        Command::Action => {
            let settings = ActionSettings::from_environment(rules::ALL)?;
            let report = run::check(&settings.scan)?;
            action::deliver(&report, rules::ALL, &settings)
        }
        Command::Rules(args) => {
            output::list_rules(rules::ALL, args.format)?;
            Ok(Verdict::Pass)
        }
    }
}
