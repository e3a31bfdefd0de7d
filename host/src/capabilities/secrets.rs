//! Secrets as handles: the value stays here, a connector holds a number.

use wasmtime::component::{HasData, Resource, ResourceTable};

use crate::contract::secrets::{Denied, Host, HostSecret};
use crate::model::{Meter, Secret};
use crate::scrub::Scrubber;

/// What is behind a handle.
#[derive(Debug)]
pub struct Handle(Secret);

impl Handle {
    /// The value, for the capability that puts it where the connector said.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

/// Whether the bytes of secrets are granted, and what to say if not.
#[derive(Clone, Debug)]
pub struct RevealGrant {
    /// The connector, for messages.
    pub connector: String,
    /// Declared and granted.
    pub allowed: bool,
    /// The file and line of the connector's section.
    pub source: String,
}

/// The interface's view of a call.
pub struct View<'a> {
    /// The handles of the call.
    pub table: &'a mut ResourceTable,
    /// The grant.
    pub grant: &'a RevealGrant,
    /// The secrets known to the call.
    pub scrubber: &'a mut Scrubber,
    /// Counts for the record of the call.
    pub meter: &'a Meter,
}

/// Links the interface.
pub struct Secrets;

impl HasData for Secrets {
    type Data<'a> = View<'a>;
}

/// The secret behind a handle that came back.
///
/// # Errors
/// The handle is not one of this call; the text is for the connector.
pub fn held(table: &ResourceTable, handle: &Resource<Handle>) -> Result<Secret, String> {
    let handle = table.get(handle).map_err(|_| "this handle is not of this call".to_owned())?;
    Ok(handle.secret().clone())
}

/// Gives a secret a handle.
///
/// # Errors
/// The call holds as many handles as it may (`handles`).
pub fn hand_out(table: &mut ResourceTable, secret: Secret) -> wasmtime::Result<Resource<Handle>> {
    table.push(Handle(secret)).map_err(|error| {
        wasmtime::Error::from(error)
            .context("cannot allocate another handle: store handle limit exceeded")
    })
}

/// Takes a handle back from a connector, with its value.
pub fn take_back(table: &mut ResourceTable, handle: Resource<Handle>) -> wasmtime::Result<Secret> {
    Ok(table.delete(handle)?.0)
}

impl Host for View<'_> {}

impl HostSecret for View<'_> {
    async fn length(&mut self, handle: Resource<Handle>) -> u64 {
        self.table.get(&handle).map_or(0, |handle| handle.secret().len() as u64)
    }

    async fn reveal(&mut self, handle: Resource<Handle>) -> Result<Vec<u8>, Denied> {
        if !self.grant.allowed {
            let RevealGrant { connector, source, .. } = self.grant;
            let message = format!(
                "connector `{connector}` asked for the bytes of a secret, and {source} does not grant `reveal`"
            );
            self.meter.denied(&message);
            return Err(Denied { message });
        }
        match held(self.table, &handle) {
            Ok(secret) => {
                // Now the connector can say it in any way, so it is looked for more thoroughly than a value it never had.
                self.scrubber.add(&secret);
                Ok(secret.expose().to_vec())
            }
            Err(message) => {
                self.meter.denied(&message);
                Err(Denied { message })
            }
        }
    }

    async fn drop(&mut self, handle: Resource<Handle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn bytes_need_their_own_grant() {
        for allowed in [false, true] {
            let mut table = ResourceTable::new();
            let handle = hand_out(&mut table, Secret::from("s3cret".to_owned())).unwrap();
            let grant = RevealGrant {
                connector: "x".to_owned(),
                allowed,
                source: "plugins.toml:3".to_owned(),
            };
            let mut scrubber = Scrubber::default();
            let meter = Meter::default();
            let mut view =
                View { table: &mut table, grant: &grant, scrubber: &mut scrubber, meter: &meter };
            let again = Resource::new_borrow(handle.rep());
            assert_eq!(block_on(view.length(Resource::new_borrow(handle.rep()))), 6);
            match block_on(view.reveal(again)) {
                Ok(bytes) => assert!(allowed && bytes == b"s3cret"),
                Err(denied) => assert!(!allowed && denied.message.contains("plugins.toml:3")),
            }
            assert_eq!(meter.usage().denied, u64::from(!allowed));
        }
    }

    #[test]
    fn a_guessed_handle_shows_nothing() {
        let mut table = ResourceTable::new();
        let grant = RevealGrant { connector: "x".into(), allowed: true, source: "a:1".into() };
        let mut scrubber = Scrubber::default();
        let meter = Meter::default();
        let mut view =
            View { table: &mut table, grant: &grant, scrubber: &mut scrubber, meter: &meter };
        assert!(block_on(view.reveal(Resource::new_borrow(7))).is_err());
        assert_eq!(block_on(view.length(Resource::new_borrow(7))), 0);
    }
}
