//! Which functions a command runs, and in which order: the process is stopped where each function begins, and goes on from there for good.
//!
//! A profiler that samples would miss what runs once, and an emulated processor would run code for another one.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::bench::Run;

/// The instruction that stops a process.
const BREAKPOINT: u8 = 0xcc;
/// Waits to be followed, and becomes the command.
const WAIT: &str = r#"kill -STOP $$; exec "$@""#;

/// Runs a command and returns the addresses in its file of the functions that it ran, in this order.
///
/// # Errors
/// The command failed, or this user may follow no process.
pub fn functions(run: &Run, addresses: &[u64]) -> Result<Vec<u64>> {
    let mut command = Command::new("sh");
    command.args(["-c", WAIT, "sh"]).args(&run.command);
    command.env_clear().envs(run.environment.iter().cloned());
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn()?;
    let mut traced = Traced::start(&child, &run.command[0])?;
    traced.place(addresses)?;
    let code = traced.follow()?;
    ensure!(code == 0, "`{}` ended with {code}", run.command.join(" "));
    Ok(traced.ran)
}

struct Traced {
    process: Pid,
    memory: File,
    /// What lies between addresses in the file and in memory.
    offset: u64,
    /// The first byte of each function that did not run yet, by its address in memory.
    waiting: BTreeMap<u64, u8>,
    /// Functions that ran: another thread may have stopped at the same place.
    known: HashSet<u64>,
    ran: Vec<u64>,
}

impl Traced {
    /// Waits until the process has become the command, before the first of its instructions.
    fn start(child: &Child, program: &str) -> Result<Self> {
        let process = Pid::from_raw(i32::try_from(child.id())?);
        waitpid(process, Some(WaitPidFlag::WUNTRACED))?;
        let options =
            Options::PTRACE_O_TRACEEXEC | Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_EXITKILL;
        ptrace::seize(process, options).context("no process can be followed")?;
        kill(process, Signal::SIGCONT)?;
        loop {
            match waitpid(process, Some(WaitPidFlag::__WALL))? {
                WaitStatus::PtraceEvent(_, _, event) if event == nix::libc::PTRACE_EVENT_EXEC => {
                    break;
                }
                WaitStatus::Exited(_, code) => bail!("`{program}` cannot be started: {code}"),
                _ => ptrace::cont(process, None)?,
            }
        }
        let maps = fs_err::read_to_string(format!("/proc/{process}/maps"))?;
        let first = maps
            .lines()
            .find(|line| line.ends_with(program))
            .and_then(|line| line.split('-').next());
        let offset = u64::from_str_radix(first.context("the program is not mapped")?, 16)?;
        let memory =
            OpenOptions::new().read(true).write(true).open(format!("/proc/{process}/mem"))?;
        let (waiting, known, ran) = (BTreeMap::new(), HashSet::new(), Vec::new());
        Ok(Self { process, memory, offset, waiting, known, ran })
    }

    fn place(&mut self, addresses: &[u64]) -> Result<()> {
        let (Some(first), Some(last)) = (addresses.iter().min(), addresses.iter().max()) else {
            bail!("the program has no names of functions");
        };
        let start = first + self.offset;
        let mut code = vec![0; usize::try_from(last - first + 1)?];
        self.memory.read_exact_at(&mut code, start)?;
        for address in addresses {
            let byte = &mut code[usize::try_from(address - first)?];
            if *byte != BREAKPOINT {
                self.waiting.insert(address + self.offset, std::mem::replace(byte, BREAKPOINT));
            }
        }
        self.memory.write_all_at(&code, start)?;
        Ok(ptrace::cont(self.process, None)?)
    }

    /// Lets the command run to its end, and returns its exit code.
    fn follow(&mut self) -> Result<i32> {
        loop {
            match waitpid(None, Some(WaitPidFlag::__WALL))? {
                WaitStatus::Exited(process, code) if process == self.process => return Ok(code),
                WaitStatus::Signaled(process, signal, _) if process == self.process => {
                    bail!("the command was ended by {signal}")
                }
                WaitStatus::Stopped(thread, Signal::SIGTRAP) => {
                    self.pass(thread)?;
                    ptrace::cont(thread, None)?;
                }
                WaitStatus::Stopped(thread, signal) => ptrace::cont(thread, signal)?,
                WaitStatus::PtraceEvent(thread, _, _) => ptrace::cont(thread, None)?,
                _ => {}
            }
        }
    }

    /// Puts the first byte of a function back, and the thread before it.
    fn pass(&mut self, thread: Pid) -> Result<()> {
        let mut registers = ptrace::getregs(thread)?;
        let address = registers.rip - 1;
        if let Some(byte) = self.waiting.remove(&address) {
            self.memory.write_all_at(&[byte], address)?;
            self.known.insert(address);
            self.ran.push(address - self.offset);
        }
        if self.known.contains(&address) {
            registers.rip = address;
            ptrace::setregs(thread, registers)?;
        }
        Ok(())
    }
}
