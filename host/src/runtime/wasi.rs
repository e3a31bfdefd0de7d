//! The interfaces of WASI that a component can import. Each is harmless: clocks and randomness are real, the rest is present and empty.
//!
//! A standard library imports half of them. What is linked costs every start of the program, so that they are linked one by one.

use wasmtime::Result;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random, sockets};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};
use wasmtime_wasi_io::bindings::wasi::io;

use super::context::Context;

/// Links the interface of this name. False if there is none.
pub(super) fn add(linker: &mut Linker<Context>, name: &str) -> Result<bool> {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    match INTERFACES.iter().find(|(known, _)| *known == name) {
        Some((_, add)) => add(linker).map(|()| true),
        None => Ok(false),
    }
}

type Add = fn(&mut Linker<Context>) -> Result<()>;

const INTERFACES: [(&str, Add); 27] = [
    ("wasi:cli/environment", |l| cli::environment::add_to_linker::<_, WasiCli>(l, Context::cli)),
    ("wasi:cli/exit", |l| cli::exit::add_to_linker::<_, WasiCli>(l, Context::cli)),
    ("wasi:cli/stdin", |l| cli::stdin::add_to_linker::<_, WasiCli>(l, Context::cli)),
    ("wasi:cli/stdout", |l| cli::stdout::add_to_linker::<_, WasiCli>(l, Context::cli)),
    ("wasi:cli/stderr", |l| cli::stderr::add_to_linker::<_, WasiCli>(l, Context::cli)),
    ("wasi:cli/terminal-input", |l| {
        cli::terminal_input::add_to_linker::<_, WasiCli>(l, Context::cli)
    }),
    ("wasi:cli/terminal-output", |l| {
        cli::terminal_output::add_to_linker::<_, WasiCli>(l, Context::cli)
    }),
    ("wasi:cli/terminal-stdin", |l| {
        cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, Context::cli)
    }),
    ("wasi:cli/terminal-stdout", |l| {
        cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, Context::cli)
    }),
    ("wasi:cli/terminal-stderr", |l| {
        cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, Context::cli)
    }),
    ("wasi:clocks/wall-clock", |l| {
        clocks::wall_clock::add_to_linker::<_, WasiClocks>(l, Context::clocks)
    }),
    ("wasi:clocks/monotonic-clock", |l| {
        clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(l, Context::clocks)
    }),
    ("wasi:filesystem/types", |l| {
        filesystem::types::add_to_linker::<_, WasiFilesystem>(l, Context::filesystem)
    }),
    ("wasi:filesystem/preopens", |l| {
        filesystem::preopens::add_to_linker::<_, WasiFilesystem>(l, Context::filesystem)
    }),
    ("wasi:io/error", |l| io::error::add_to_linker::<_, Io>(l, |context| context.ctx().table)),
    ("wasi:io/poll", |l| io::poll::add_to_linker::<_, Io>(l, |context| context.ctx().table)),
    ("wasi:io/streams", |l| io::streams::add_to_linker::<_, Io>(l, |context| context.ctx().table)),
    ("wasi:random/random", |l| random::random::add_to_linker::<_, WasiRandom>(l, Context::random)),
    ("wasi:random/insecure", |l| {
        random::insecure::add_to_linker::<_, WasiRandom>(l, Context::random)
    }),
    ("wasi:random/insecure-seed", |l| {
        random::insecure_seed::add_to_linker::<_, WasiRandom>(l, Context::random)
    }),
    ("wasi:sockets/instance-network", |l| {
        sockets::instance_network::add_to_linker::<_, WasiSockets>(l, Context::sockets)
    }),
    ("wasi:sockets/network", |l| {
        let options = sockets::network::LinkOptions::default();
        sockets::network::add_to_linker::<_, WasiSockets>(l, &options, Context::sockets)
    }),
    ("wasi:sockets/ip-name-lookup", |l| {
        sockets::ip_name_lookup::add_to_linker::<_, WasiSockets>(l, Context::sockets)
    }),
    ("wasi:sockets/tcp", |l| sockets::tcp::add_to_linker::<_, WasiSockets>(l, Context::sockets)),
    ("wasi:sockets/tcp-create-socket", |l| {
        sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(l, Context::sockets)
    }),
    ("wasi:sockets/udp", |l| sockets::udp::add_to_linker::<_, WasiSockets>(l, Context::sockets)),
    ("wasi:sockets/udp-create-socket", |l| {
        sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(l, Context::sockets)
    }),
];

/// The interfaces of streams work on the table of handles alone.
struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}
