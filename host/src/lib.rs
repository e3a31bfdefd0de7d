//! One command line for data connections wherever a team keeps them.

pub mod model;
