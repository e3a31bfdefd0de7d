//! Delete: the version that was read, softly or with everything that the store has of it.

use connhub_sdk::{Error, Level, Removed};

use crate::api::{Part, Store};
use crate::read::live;
use crate::settings::Deletion;

pub(crate) fn delete(
    store: &Store<'_>,
    name: &str,
    expected: Option<&str>,
    dry_run: bool,
) -> Result<Vec<Removed>, Error> {
    let there = live(store, name)?;
    there.connection(&store.settings, &store.folder, name).expect_revision(expected)?;
    let removed = Removed { kind: "secret".into(), name: name.into(), scope: store.folder.scope() };
    if dry_run {
        return Ok(vec![removed]);
    }
    let (done, part, right) = match store.settings.deletion {
        Deletion::Soft => (store.delete_version(name, there.version), Part::Delete, "update"),
        Deletion::Destroy => (store.destroy(name), Part::Metadata, "delete"),
    };
    done.map_err(|fault| {
        let right = format!("`{right}` on `{}`", store.shown(part, name));
        fault.into_error(&format!("delete `{name}`"), &right)
    })?;
    if store.settings.deletion == Deletion::Soft {
        let version = there.version;
        let shown = store.shown(Part::Data, name);
        store.host.log(
            Level::Info,
            &format!("version {version} of `{shown}` is deleted and can be undeleted in the store"),
        );
    }
    Ok(vec![removed])
}
