//! `connhub man`.

use std::path::Path;

use super::app::App;
use super::args::{ManArgs, whole};
use crate::model::{Error, Kind};

pub(super) fn run(args: &ManArgs, app: &App) -> Result<u8, Error> {
    match &args.dir {
        Some(folder) => write_all(folder)?,
        None => {
            let page = clap_mangen::Man::new(whole());
            app.console.data(|mut out, _| page.render(&mut out))?;
        }
    }
    Ok(0)
}

fn write_all(folder: &Path) -> Result<(), Error> {
    let written =
        fs_err::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(whole(), folder));
    written.map_err(|error| {
        let what = format!("the manual pages cannot be written to `{}`", folder.display());
        Error::new(Kind::Other, what).because(error)
    })
}
