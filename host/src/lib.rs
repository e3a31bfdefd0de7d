//! One command line for data connections wherever a team keeps them.
//!
//! The library behind the program `connhub`. ARCHITECTURE.md has the map: which folder is for what, and which may name which.

#![deny(unsafe_code)]

pub mod audit;
pub mod capabilities;
pub mod cli;
pub mod conformance;
pub mod consumers;
pub mod contract;
pub mod fetch;
pub mod imports;
pub mod model;
pub mod operations;
pub mod plugins;
pub mod policy;
pub mod probes;
pub mod programs;
pub mod runtime;
pub mod scrub;
pub mod settings;
pub mod signing;
pub mod ui;
