//! A small store of items over HTTP, the one that the templates of `connhub plugin new` talk to.
//!
//! It is what a team writes in an afternoon: items with a name, a type, fields and secrets, a bearer token, JSON. Everything is in memory.
//!
//! | request | answer |
//! |---|---|
//! | `GET /me` | 200 `{"user", "version"}` |
//! | `GET /items?limit=N&after=NAME` | 200 `{"items": […], "next": NAME or null}`, by name; all of them without a limit |
//! | `POST /items` | 201 and the item; 409 if the name is taken; 422 if it is no item |
//! | `GET /items/NAME` | 200 and the item; 404 |
//! | `PUT /items/NAME` | 201 or 200 and the item, which is now this one; 422 |
//! | `PATCH /items/NAME` | 200 and the item, after a merge of `type`, `fields` and `secrets` (null removes); 412 if `revision` is given and another |
//! | `DELETE /items/NAME?revision=N` | 204; 404; 412 |
//!
//! A name is letters, digits, `-`, `_` and `.`, with a letter or digit in front. Without a good token everything is 401. An item that is read holds its secrets as they are: to mask them is the host's work.
//!
//! ```
//! use connhub_tests::small_store::SmallStore;
//!
//! let (store, server) = SmallStore::start();
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! assert!(store.item("sales").is_none() && store.token().len() > 20);
//! ```

mod items;
mod program;
mod server;

pub use items::Item;
pub use program::run;
pub use server::SmallStore;
