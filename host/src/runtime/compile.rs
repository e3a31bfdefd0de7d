//! Compiling, in a process of its own.
//!
//! A component that keeps to every bound of `inspect` can still keep a compiler busy for hours, fill the memory, or find a fault in it. So the
//! host starts itself once more under a hidden word: nothing in the environment, no file that could be opened, no further process, a bound on
//! memory and on time. The component goes in by stdin, the compiled code comes out by stdout.
//!
//! That code is native code and is run. It is trusted because the process that made it is this very program (the same inode, even if the file
//! was replaced meanwhile), and because nobody else has the other end of the pipe. What lies in the cache gets its tag from the parent.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use wasmtime::{Engine, OutOfMemory};

use super::engine::Sandbox;
use super::features;
use super::inspect::MAX_BYTES;
use crate::policy::CompileLimits;

/// The word under which the program compiles for itself.
const WORD: &str = "__compile";
/// The most compiled code that is taken: three to five times the largest component.
pub(super) const MAX_CODE: u64 = 512 << 20;
/// More threads make little faster, and each of them reserves memory.
const MAX_THREADS: usize = 8;
/// Address space that the threads reserve and do not use.
const RESERVED: u64 = 4 << 30;
/// How often the end of the process is looked for.
const POLL: Duration = Duration::from_millis(2);
/// The first byte of what the process writes: what follows.
const CODE: u8 = 0;
const REFUSED: u8 = 1;
const NO_MEMORY: u8 = 2;
const NOT_STARTED: u8 = 3;

/// How components are compiled.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// In a process of its own, within bounds. It is the program at this path, which has to be this one.
    Process(PathBuf, Halt),
    /// In this process and without bounds: where the program is a test.
    Here,
}

/// Whether nobody wants what is being compiled any more. Once it is said, nothing is compiled.
#[derive(Clone, Debug, Default)]
pub struct Halt(Arc<AtomicBool>);

impl Halt {
    /// What a signal sets.
    pub fn flag(&self) -> &Arc<AtomicBool> {
        &self.0
    }

    fn is_said(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why there is no compiled code.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// It is no valid component, in the compiler's words.
    #[error("it is damaged or uses features that are switched off: {0}")]
    Refused(String),
    /// `compile-seconds`.
    #[error("it takes longer than {} s to compile", .0.as_secs())]
    Time(Duration),
    /// `compile-mib`.
    #[error("it needs more than {} MiB of memory to compile", .0 >> 20)]
    Memory(usize),
    /// The compiler has a fault that the component found.
    #[error("the compiler broke down over it ({0})")]
    Broken(ExitStatus),
    /// See [`Halt`].
    #[error("its compilation was stopped")]
    Halted,
    /// The system does not let the program start itself.
    #[error("the compiler cannot be started")]
    Start(#[source] std::io::Error),
}

impl CompileError {
    /// The key of the limit that was hit, if one was.
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Time(_) => Some("compile-seconds"),
            Self::Memory(_) => Some("compile-mib"),
            Self::Refused(_) | Self::Broken(_) | Self::Halted | Self::Start(_) => None,
        }
    }
}

impl Compiler {
    /// A process of this program, whose path the system told.
    pub fn of(program: PathBuf) -> Self {
        // The link of the kernel leads to the program that runs even if another was put in its place.
        let running = PathBuf::from("/proc/self/exe");
        let program = if cfg!(target_os = "linux") { running } else { program };
        Self::Process(program, Halt::default())
    }

    /// What stops it; none if it cannot be stopped.
    pub fn halt(&self) -> Option<&Halt> {
        match self {
            Self::Process(_, halt) => Some(halt),
            Self::Here => None,
        }
    }

    /// The code of a component for an engine of this program.
    pub(super) fn compile(
        &self,
        engine: &Engine,
        bytes: &[u8],
        limits: &CompileLimits,
    ) -> Result<Vec<u8>, CompileError> {
        match self {
            Self::Here => engine
                .precompile_component(bytes)
                .map_err(|error| CompileError::Refused(format!("{error:#}"))),
            Self::Process(program, halt) => {
                let child = start(program, limits).map_err(CompileError::Start)?;
                exchange(child, bytes, limits, halt)
            }
        }
    }
}

fn start(program: &PathBuf, limits: &CompileLimits) -> std::io::Result<Child> {
    Command::new(program)
        .args([WORD, &limits.time.as_secs().to_string(), &limits.memory.to_string()])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Hands the component over and waits, but not for longer than it may take. The pipes end with the process.
fn exchange(
    mut child: Child,
    bytes: &[u8],
    limits: &CompileLimits,
    halt: &Halt,
) -> Result<Vec<u8>, CompileError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let written = scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(bytes)));
        let answer = scope.spawn(|| read(stdout, MAX_CODE + 2));
        let words = scope.spawn(|| read(stderr, 4 << 10));
        let ended = end_of(&mut child, limits.time, halt).map_err(CompileError::Start)?;
        // A process that ended early broke the pipe; its answer says why.
        let _ = written.join();
        let answer = answer.join().unwrap_or_default();
        let words = words.join().unwrap_or_default();
        match ended {
            Some(status) => outcome(answer, &words, status, limits),
            None if halt.is_said() => Err(CompileError::Halted),
            None => Err(CompileError::Time(limits.time)),
        }
    })
}

fn read(pipe: Option<impl Read>, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What was read before a pipe broke is short, and therefore refused.
        let _ = pipe.take(limit).read_to_end(&mut bytes);
    }
    bytes
}

/// How the process ended, or nothing if it had to be killed.
fn end_of(child: &mut Child, limit: Duration, halt: &Halt) -> std::io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit || halt.is_said() {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

fn outcome(
    mut answer: Vec<u8>,
    words: &[u8],
    status: ExitStatus,
    limits: &CompileLimits,
) -> Result<Vec<u8>, CompileError> {
    let text = |answer: &[u8]| String::from_utf8_lossy(&answer[1..]).into_owned();
    match answer.first() {
        Some(&CODE) if status.success() && answer.len() as u64 <= MAX_CODE => {
            answer.remove(0);
            Ok(answer)
        }
        Some(&CODE) if status.success() => Err(CompileError::Memory(limits.memory)),
        Some(&REFUSED) if status.success() => Err(CompileError::Refused(text(&answer))),
        Some(&NO_MEMORY) if status.success() => Err(CompileError::Memory(limits.memory)),
        Some(&NOT_STARTED) if status.success() => {
            Err(CompileError::Start(std::io::Error::other(text(&answer))))
        }
        _ => Err(breakdown(words, status, limits)),
    }
}

/// What ended a process that gave no answer.
fn breakdown(words: &[u8], status: ExitStatus, limits: &CompileLimits) -> CompileError {
    use std::os::unix::process::ExitStatusExt;
    let words = String::from_utf8_lossy(words);
    let is_memory = words.contains("memory allocation of");
    match status.signal() {
        Some(signal) if signal == Signal::XCPU.as_raw() => CompileError::Time(limits.time),
        // Nobody of ours sends this: it is how a system that runs out of memory defends itself.
        Some(signal) if signal == Signal::KILL.as_raw() => CompileError::Memory(limits.memory),
        _ if is_memory => CompileError::Memory(limits.memory),
        _ => features::missing_between_parts(&words)
            .map_or(CompileError::Broken(status), CompileError::Refused),
    }
}

/// Compiles for another process of this program, if that is what it was started for. Nothing else of the program runs then.
pub fn serve(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let arguments: Vec<_> = arguments.into_iter().skip(1).collect();
    let [word, seconds, memory] = arguments.as_slice() else { return None };
    let number = |text: &OsString| text.to_str()?.parse::<u64>().ok();
    let limits = (number(seconds)?, number(memory)?);
    if word != WORD {
        return None;
    }
    // What the program says of a fault of its own leaves out the words of it, which could tell a secret. There is none here, only a component, and
    // the words go to the program alone: it reads in them what it can explain.
    let _ = std::panic::take_hook();
    let answer = match confined(limits.0, limits.1) {
        Ok(sandbox) => precompiled(&sandbox),
        Err(error) => (NOT_STARTED, error.into_bytes()),
    };
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(&[answer.0]).and_then(|()| stdout.write_all(&answer.1));
    Some(if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes what needs the system, then gives up the right to it.
fn confined(seconds: u64, memory: u64) -> Result<Sandbox, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new().map_err(|error| error.to_string())?;
    confine(seconds.saturating_mul(threads as u64), memory).map_err(|error| error.to_string())?;
    Ok(sandbox)
}

/// From here on no file can be opened or written, no process started, and memory and time are bounded.
fn confine(cpu_seconds: u64, memory: u64) -> std::io::Result<()> {
    for (resource, bound) in [
        (Resource::Cpu, cpu_seconds),
        (Resource::Data, memory),
        (Resource::As, memory.saturating_add(RESERVED)),
        (Resource::Fsize, 0),
        (Resource::Nofile, 0),
        (Resource::Nproc, 0),
        (Resource::Core, 0),
    ] {
        // At its maximum of computing time a process is killed without a word.
        let maximum = if matches!(resource, Resource::Cpu) { bound + 5 } else { bound };
        let limit = Rlimit { current: Some(bound), maximum: Some(maximum) };
        // What is already below a bound stays there: it cannot be raised again.
        let lowered = setrlimit(resource, limit);
        if lowered.is_err() && !is_below(resource, bound) {
            return Ok(lowered?);
        }
    }
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        rustix::thread::set_no_new_privs(true)?;
    }
    Ok(())
}

fn is_below(resource: Resource, bound: u64) -> bool {
    rustix::process::getrlimit(resource).maximum.is_some_and(|maximum| maximum <= bound)
}

fn precompiled(sandbox: &Sandbox) -> (u8, Vec<u8>) {
    let mut bytes = Vec::new();
    if let Err(error) = std::io::stdin().lock().take(MAX_BYTES).read_to_end(&mut bytes) {
        return match error.kind() {
            std::io::ErrorKind::OutOfMemory => (NO_MEMORY, Vec::new()),
            _ => (REFUSED, error.to_string().into_bytes()),
        };
    }
    match sandbox.engine().precompile_component(&bytes) {
        Ok(code) => (CODE, code),
        Err(error) if error.is::<OutOfMemory>() => (NO_MEMORY, Vec::new()),
        Err(error) => {
            let said = features::missing(&bytes).unwrap_or_else(|| format!("{error:#}"));
            (REFUSED, said.into_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: CompileLimits =
        CompileLimits { time: Duration::from_millis(500), memory: 64 << 20 };

    /// What becomes of a process that does this instead of compiling.
    fn shell(script: &str, bytes: &[u8]) -> Result<Vec<u8>, CompileError> {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        exchange(child, bytes, &LIMITS, &Halt::default())
    }

    #[test]
    fn code_refusals_and_breakdowns_are_told_apart() {
        assert_eq!(shell("printf '\\0'; cat", b"code").unwrap(), b"code");
        let failure = |script: &str| shell(script, &[0; 100_000]).unwrap_err();
        assert!(failure("printf '\\1no'").to_string().ends_with(": no"));
        assert!(matches!(failure("printf '\\3no threads'"), CompileError::Start(_)));
        let memory = |script| assert_eq!(failure(script).limit(), Some("compile-mib"), "{script}");
        memory("printf '\\2'");
        memory("echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$");
        memory("kill -KILL $$");
        let time = |script| assert_eq!(failure(script).limit(), Some("compile-seconds"));
        time("kill -XCPU $$");
        time("exec sleep 60");
        let parts = "invalid adapter module generated: multiple memories";
        for end in ["exit 101", "kill -ABRT $$"] {
            let said = failure(&format!("echo '{parts}' >&2; {end}"));
            assert!(said.to_string().contains("multi-memory"), "{said}");
        }
        for script in ["", "exit 1", "kill -SEGV $$", "printf '\\0code'; exit 1", "printf '\\7'"] {
            assert!(matches!(failure(script), CompileError::Broken(_)), "{script}");
        }
    }

    #[test]
    fn what_nobody_wants_any_more_is_not_waited_for() {
        let halt = Halt::default();
        let child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        halt.flag().store(true, Ordering::Relaxed);
        let limits = CompileLimits { time: Duration::from_secs(600), ..LIMITS };
        let halted = exchange(child.unwrap(), &[0; 1 << 20], &limits, &halt);
        assert!(matches!(halted, Err(CompileError::Halted)), "{halted:?}");
    }

    #[test]
    fn a_program_that_is_not_there_is_no_compiler() {
        let compiler = Compiler::Process(PathBuf::from("/nonexistent/connhub"), Halt::default());
        let sandbox = Sandbox::new().unwrap();
        let compiled = compiler.compile(sandbox.engine(), b"", &LIMITS);
        assert!(matches!(compiled, Err(CompileError::Start(_))));
    }

    #[test]
    fn only_the_whole_word_asks_for_compiling() {
        for words in ["connhub", "connhub __compile", "connhub __compile a b", "connhub list 1 2"] {
            assert!(serve(words.split(' ').map(OsString::from)).is_none(), "{words}");
        }
    }
}
