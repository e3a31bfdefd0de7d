//! One address: a HEAD, or the beginning of a GET where that is not known.

use http::{Method, StatusCode};

use super::climber::Climber;
use super::http::Ask;
use super::ladder::Climb;
use crate::model::Rung;

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let url = on.address()?;
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("there is no test for addresses that begin with `{}:`", url.scheme());
        return Err(on.ladder.skip(Rung::Protocol, message));
    }
    let mut answer = on.ask(Ask::new(Method::HEAD, url.clone())).await?;
    let is_unknown =
        matches!(answer.status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED);
    if is_unknown {
        answer = on.ask(Ask::get(url)).await?;
    }
    on.ladder.pass("it speaks HTTP");
    on.ladder.begin(Rung::Target);
    let words = answer.words();
    match answer.status {
        status if status.is_success() => on.ladder.pass(words),
        status if status.is_redirection() => return Err(on.ladder.skip(Rung::Target, words)),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(on
                .ladder
                .fail(format!("{words}: it is not public, and the connection has no login")));
        }
        _ => return Err(on.ladder.fail(words)),
    }
    Ok(())
}
