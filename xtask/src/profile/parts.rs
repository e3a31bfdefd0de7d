//! Which part of the program is at work, as the functions on the stack say.

use super::samples::Frame;

/// What a command is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Start,
    Loader,
    Arguments,
    Configuration,
    Engine,
    Code,
    Instance,
    Component,
    Border,
    Store,
    Crypto,
    Network,
    Audit,
    Output,
    Command,
    Rest,
}

impl Part {
    pub fn words(self) -> &'static str {
        match self {
            Self::Start => "process: start and end",
            Self::Loader => "dynamic linker",
            Self::Arguments => "arguments",
            Self::Configuration => "configuration",
            Self::Engine => "engine",
            Self::Code => "compiled code: digest, reading, loading",
            Self::Instance => "linking, instance, its end",
            Self::Component => "component",
            Self::Border => "border of the sandbox",
            Self::Store => "store",
            Self::Crypto => "cryptography",
            Self::Network => "network",
            Self::Audit => "audit log",
            Self::Output => "output",
            Self::Command => "the command around them",
            Self::Rest => "rest",
        }
    }
}

/// What a function is part of, by a piece of its name. The innermost function with one decides, and the first that fits it.
const FUNCTIONS: &[(&str, Part)] = &[
    ("ring_core", Part::Crypto),
    ("ring::", Part::Crypto),
    ("sqlite3", Part::Store),
    ("connhub::runtime::cache", Part::Code),
    ("connhub::runtime::code_memory", Part::Code),
    ("connhub::runtime::mapping", Part::Code),
    ("Fingerprint", Part::Code),
    ("ComponentFile", Part::Code),
    ("deserialize_raw", Part::Code),
    ("connhub::runtime::engine", Part::Engine),
    ("instantiate", Part::Instance),
    ("connhub::runtime::convert", Part::Border),
    ("connhub::contract", Part::Border),
    ("connhub::scrub", Part::Border),
    ("connhub::runtime", Part::Instance),
    ("connhub::capabilities::vault", Part::Store),
    ("connhub::capabilities::http", Part::Network),
    ("connhub::capabilities", Part::Border),
    ("connhub::settings", Part::Configuration),
    ("connhub::cli::args", Part::Arguments),
    ("connhub::cli::parse", Part::Arguments),
    ("connhub::cli::only", Part::Arguments),
    ("connhub::audit", Part::Audit),
    ("connhub::ui", Part::Output),
    ("connhub::cli::lines", Part::Output),
    ("connhub::cli::records", Part::Output),
    ("connhub::cli::sheet", Part::Output),
    ("connhub::cli::sort", Part::Output),
    ("hyper::", Part::Network),
    ("rustls::", Part::Network),
    ("kube", Part::Network),
    ("reqwest::", Part::Network),
    ("clap", Part::Arguments),
    ("connhub::", Part::Command),
    ("__x64_sys_execve", Part::Start),
    ("__x64_sys_exit", Part::Start),
    ("do_exit", Part::Start),
    ("_start", Part::Start),
    ("start_thread", Part::Instance),
];

/// The part that the functions of a stack belong to, the innermost first.
pub fn of(frames: &[Frame]) -> Part {
    frames.iter().find_map(part).unwrap_or(Part::Rest)
}

fn part(frame: &Frame) -> Option<Part> {
    if frame.file.contains("ld-linux") {
        return Some(Part::Loader);
    }
    // Where `perf` looks for the names of code that no file is behind.
    if frame.file.contains("/perf-") {
        return Some(Part::Component);
    }
    FUNCTIONS.iter().find(|(name, _)| frame.function.contains(name)).map(|(_, part)| *part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(functions: &[(&str, &str)]) -> Vec<Frame> {
        let frame = |&(function, file): &(&str, &str)| Frame {
            function: function.into(),
            file: file.into(),
        };
        functions.iter().map(frame).collect()
    }

    #[test]
    fn the_innermost_function_that_is_known_decides() {
        let program = "/target/release/connhub";
        let cases = [
            (
                vec![
                    ("clear_page", "[kernel.kallsyms]"),
                    ("_dl_relocate_object", "ld-linux-x86-64.so.2"),
                ],
                Part::Loader,
            ),
            (
                vec![
                    ("malloc", "libc.so.6"),
                    ("sqlite3Prepare", program),
                    ("connhub::cli::run", program),
                ],
                Part::Store,
            ),
            (
                vec![("[unknown]", "/tmp/perf-7.map"), ("connhub::cli::run", program)],
                Part::Component,
            ),
            (
                vec![
                    ("ring_core_0_17_sha256", program),
                    ("connhub::runtime::cache::load", program),
                ],
                Part::Crypto,
            ),
            (vec![("memcpy", "libc.so.6"), ("connhub::cli::run", program)], Part::Command),
            (vec![("__x64_sys_execve", "[kernel.kallsyms]")], Part::Start),
            (vec![("memcpy", "libc.so.6")], Part::Rest),
        ];
        for (functions, expected) in cases {
            assert_eq!(of(&stack(&functions)), expected, "{functions:?}");
        }
    }
}
