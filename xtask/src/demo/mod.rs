//! The demonstration: the whole path in every backend, each command printed before its output.

mod script;
pub mod servers;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Profile};
use crate::{guest, guests, host};
use script::{Input, Step};
use servers::Servers;

/// The user's own login, proxy and choice of backend have no place in a demonstration.
const OF_THE_USER: [&str; 10] = [
    "KUBECONFIG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "CONNHUB_BACKEND",
    "CONNHUB_SCOPE",
    "CONNHUB_PLUGINS",
];

/// What `cargo xtask demo` accepts.
#[derive(clap::Args)]
pub struct Arguments {
    /// The local store alone, without stand-in servers
    #[arg(long)]
    local: bool,
    /// Keep the stand-in servers until Enter is pressed, to try commands of your own
    #[arg(long, conflicts_with = "local")]
    serve: bool,
}

/// A folder in which `connhub` keeps everything, and the program.
struct Stage {
    program: PathBuf,
    home: PathBuf,
}

/// Runs `cargo xtask demo`.
pub fn run(source: guest::Source, arguments: &Arguments) -> Result<()> {
    let program = host::build(Profile::Release)?;
    guests::build_connectors(source, Profile::Release, &program)?;
    let stage = Stage { program, home: fresh_home()? };
    stage.play(script::LOCAL)?;
    if !arguments.local {
        stage.with_servers(arguments)?;
    }
    println!("\nThe program is `{}`; its connectors are beside it.", shown(&stage.program));
    println!("Go on in a home of your own, or in the one of this demonstration:");
    println!("\n  export CONNHUB_HOME={}", shown(&stage.home));
    println!("  {} list", shown(&stage.program));
    Ok(())
}

/// The home of an earlier demonstration is replaced: its connections would be in the way.
fn fresh_home() -> Result<PathBuf> {
    let home = workspace::target().join("demo");
    if home.exists() {
        fs_err::remove_dir_all(&home)?;
    }
    fs_err::create_dir_all(&home)?;
    Ok(home)
}

impl Stage {
    fn play(&self, steps: &[Step]) -> Result<()> {
        steps.iter().try_for_each(|step| self.show(step))
    }

    fn show(&self, step: &Step) -> Result<()> {
        println!("\n$ {}", step.shown());
        let status = self.start(step)?.wait()?;
        let code = status.code().with_context(|| format!("connhub was ended: {status}"))?;
        if code != step.exit {
            bail!("`{}` ended with {code}, expected {}", step.shown(), step.exit);
        }
        if step.exit != 0 {
            println!("(exit code {code})");
        }
        Ok(())
    }

    fn start(&self, step: &Step) -> Result<std::process::Child> {
        let mut connhub = self.command(step);
        let Input::Secret(secret) = step.input else {
            return connhub.stdin(Stdio::null()).spawn().context("connhub cannot be started");
        };
        let mut child =
            connhub.stdin(Stdio::piped()).spawn().context("connhub cannot be started")?;
        let mut stdin = child.stdin.take().context("stdin was asked for")?;
        match stdin.write_all(secret.as_bytes()) {
            // A command that refuses its arguments ends before it reads; its exit code tells.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(child),
        }
    }

    fn command(&self, step: &Step) -> Command {
        let mut connhub = Command::new(&self.program);
        connhub.args(step.arguments).env("CONNHUB_HOME", &self.home).current_dir(&self.home);
        for variable in OF_THE_USER {
            connhub.env_remove(variable);
        }
        connhub
    }

    fn with_servers(&self, arguments: &Arguments) -> Result<()> {
        host::build_package("connhub-tests", Profile::Release)?;
        let servers = Servers::start(&workspace::programs(Profile::Release), &self.home)?;
        servers.configure(&self.home)?;
        self.play(script::RHOAI)?;
        self.play(script::DATAOS)?;
        if arguments.serve {
            println!("\n{servers}\nCONNHUB_HOME is `{}`.", shown(&self.home));
            println!("Press Enter to stop the servers.");
            std::io::stdin().read_line(&mut String::new())?;
        }
        Ok(())
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that ends with the number in its first argument, or with what it reads.
    const PROGRAM: &str = "#!/bin/sh\n[ \"$1\" = read ] && read -r code || code=$1\nexit $code\n";

    #[test]
    fn what_the_user_has_set_does_not_count() {
        let stage = Stage { program: "connhub".into(), home: "/demo".into() };
        let command = stage.command(&Step { arguments: &["list"], input: Input::Nothing, exit: 0 });
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).collect();
        for name in ["CONNHUB_BACKEND", "CONNHUB_PLUGINS", "ALL_PROXY", "KUBECONFIG"] {
            assert!(removed.iter().any(|(removed, _)| *removed == name), "{name}");
        }
    }

    #[test]
    fn a_step_must_end_as_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("connhub");
        crate::process::write_program(&program, PROGRAM);
        let stage = Stage { program, home: folder.path().to_owned() };
        let check = |arguments, input, exit, expected: bool| {
            let shown = stage.show(&Step { arguments, input, exit });
            assert_eq!(shown.is_ok(), expected, "{arguments:?} {exit} {shown:?}");
        };
        check(&["0"], Input::Nothing, 0, true);
        check(&["3"], Input::Nothing, 3, true);
        check(&["0"], Input::Nothing, 3, false);
        check(&["4"], Input::Nothing, 0, false);
        check(&["read"], Input::Secret("7\n"), 7, true);
        check(&["5"], Input::Secret("7\n"), 5, true);
    }
}
