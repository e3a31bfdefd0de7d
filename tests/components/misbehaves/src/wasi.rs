//! Reaching for what the standard library offers: files, variables, sockets, programs.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

use connhub_sdk::Error;

use crate::Given;

pub(crate) fn act(behavior: &str, given: &Given<'_>) -> Option<Result<String, Error>> {
    let path = given.setting("path");
    let got = match behavior {
        "read-file" => result(std::fs::read_to_string(path)),
        "write-file" => result(std::fs::write(path, "here")),
        "list-files" => result(std::fs::read_dir(path).map(Iterator::count)),
        "variables" => format!("{:?}", std::env::vars().collect::<Vec<_>>()),
        "arguments" => format!("{:?}", std::env::args().collect::<Vec<_>>()),
        "folder" => result(std::env::current_dir()),
        "stdin" => read_stdin(),
        "connect" => result(TcpStream::connect(path).and_then(|mut stream| stream.write(b"x"))),
        "listen" => result(TcpListener::bind(path)),
        "datagram" => result(UdpSocket::bind(path).and_then(|socket| socket.send_to(b"x", path))),
        "resolve" => result(path.to_socket_addrs().map(Iterator::count)),
        "spawn" => result(std::process::Command::new(path).spawn()),
        _ => return None,
    };
    Some(Ok(got))
}

fn result<T: std::fmt::Debug>(result: std::io::Result<T>) -> String {
    match result {
        Ok(got) => format!("GOT {got:?}"),
        Err(error) => format!("got nothing: {error}"),
    }
}

fn read_stdin() -> String {
    let mut text = String::new();
    match std::io::stdin().read_to_string(&mut text) {
        Ok(0) => "got nothing: it is empty".to_owned(),
        read => result(read.map(|_| text)),
    }
}
