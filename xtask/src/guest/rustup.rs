//! Rustup's standard library for guests.

use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::TARGET;
use crate::process;

/// The longest wait for rustup: a closed network may swallow connections without an answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// The pause between two looks at a running rustup.
const PAUSE: Duration = Duration::from_millis(100);

/// Whether the active toolchain already has the standard library for guests.
pub fn ready() -> Result<bool> {
    let library = sysroot()?.join("lib/rustlib").join(TARGET).join("lib");
    Ok(library.is_dir() && fs_err::read_dir(library)?.next().is_some())
}

/// Asks rustup for the standard library.
pub fn add_target() -> Result<()> {
    if !process::exists("rustup") {
        bail!("there is no `rustup` on PATH");
    }
    let mut rustup = process::command("rustup");
    rustup.args(["target", "add", TARGET]).stdin(Stdio::null());
    eprintln!("$ {}", process::shown(&rustup));
    let status = wait(rustup.spawn().context("`rustup` cannot be started")?)?;
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("rustup cannot add {TARGET}: {status}"),
        None => bail!("rustup had not added {TARGET} after {} s", PATIENCE.as_secs()),
    }
}

/// The folder of the active toolchain, whose linker guests are linked with.
pub fn sysroot() -> Result<PathBuf> {
    let path = process::output(process::command("rustc").args(["--print", "sysroot"]))?;
    Ok(PathBuf::from(path.trim_end()))
}

/// The triple that the active toolchain runs on.
pub fn host() -> Result<String> {
    let text = process::output(process::command("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` does not name its host")
}

fn wait(mut child: Child) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(PAUSE);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}
