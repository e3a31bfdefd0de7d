//! What a connector can do beyond computing. Each module implements one interface of the contract and owns its state, its checks and its
//! tests. None knows a backend, another capability, or the terminal.

pub mod command;
mod failure;
pub mod http;
pub mod log;
mod parts;
pub mod secrets;
pub mod vault;
