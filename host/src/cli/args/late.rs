//! Commands that are described to the parser when they are typed, and not before.
//!
//! Describing all of them takes a sixth of the instructions of a short command. Help, completions and messages about wrong arguments show more
//! than the command that was typed: for them everything is described at once ([`whole`]).

use std::cell::Cell;
use std::ops::Deref;

use clap::{ArgMatches, Args, Command, CommandFactory, Error, FromArgMatches, Subcommand};

use super::{Cli, Global};

thread_local! {
    /// Whether a description holds all commands in full.
    static IS_WHOLE: Cell<bool> = const { Cell::new(false) };
}

/// The description of all commands.
pub(in crate::cli) fn whole() -> Command {
    IS_WHOLE.set(true);
    let command = Cli::command();
    IS_WHOLE.set(false);
    command
}

/// The description of the one command with this name, and of the global options; enough for arguments that have no fault.
pub(in crate::cli) fn only(name: &str) -> Option<Command> {
    let all = Cli::command();
    let command = all.find_subcommand(name)?.clone();
    Some(Global::augment_args(Command::new("connhub")).subcommand(command))
}

/// What can be typed after the name of a command.
#[derive(Debug)]
pub(in crate::cli) struct Late<T>(pub T);

impl<T> Deref for Late<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: FromArgMatches> FromArgMatches for Late<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<T: Args> Args for Late<T> {
    fn augment_args(command: Command) -> Command {
        described(command, T::augment_args)
    }

    fn augment_args_for_update(command: Command) -> Command {
        described(command, T::augment_args_for_update)
    }
}

impl<T: Subcommand> Subcommand for Late<T> {
    fn augment_subcommands(command: Command) -> Command {
        described(command, T::augment_subcommands)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        described(command, T::augment_subcommands_for_update)
    }

    fn has_subcommand(name: &str) -> bool {
        T::has_subcommand(name)
    }
}

fn described(command: Command, describe: fn(Command) -> Command) -> Command {
    if IS_WHOLE.get() { describe(command) } else { command.defer(describe) }
}
