//! What a component is made of: the packages that were compiled into it, and the tools that made it.
//!
//! The packages are in the custom section `.dep-v0`, in the form of [`cargo auditable`][auditable]: JSON, compressed with zlib. It may be in the
//! component or in a module within it; what several sections say is put together. The tools are in sections `producers`. Both are as trustworthy
//! as the component: whoever builds it can write there what they like. So everything is bounded, and what cannot be read is said and never guessed.
//!
//! Pure: bytes in, facts out.
//!
//! [auditable]: https://github.com/rust-secure-code/cargo-auditable

#![deny(missing_docs)]

mod bill;
mod cargo;
mod cyclonedx;
mod section;
mod toolchain;

pub use auditable_serde::{DependencyKind, Package, Source};
pub use bill::{Bill, Unreadable};
pub use cargo::{NoBill, bill_of_build, name_and_version};
pub use cyclonedx::{Subject, to_cyclonedx};
pub use section::{read, with_bill};
pub use toolchain::{Tool, Toolchain, toolchain, with_tools};
