//! Writes that somebody else may be quicker with.

use crate::model::Error;

/// Tries a write until it is done, and starts again from what is there where it says `None`: somebody else was quicker. Each such failure
/// means that another write was done, so that few attempts are enough unless very many write at once.
///
/// ```
/// use connhub_sdk::{Error, until_done};
/// let mut left = 2;
/// let done = until_done("sales", 5, || {
///     left -= 1;
///     Ok::<_, Error>((left == 0).then_some("written"))
/// });
/// assert_eq!(done, Ok("written"));
/// assert!(matches!(until_done::<(), Error>("sales", 5, || Ok(None)), Err(Error::Conflict(_))));
/// ```
///
/// # Errors
///
/// The write's own, or [`Error::Conflict`] after so many attempts. `name` is the connection.
pub fn until_done<T, E: From<Error>>(
    name: &str,
    attempts: u32,
    mut write: impl FnMut() -> Result<Option<T>, E>,
) -> Result<T, E> {
    for _ in 0..attempts {
        if let Some(done) = write()? {
            return Ok(done);
        }
    }
    Err(Error::Conflict(format!("`{name}` is being changed by others all the time")).into())
}
