//! Settings that a flag of a command adds to one call. A connector that knows one declares it as it declares the settings of a backend, so
//! that the contract needs no further parameter for it.

use super::Field;

/// What a flag of a command asks of a connector, for one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallSetting {
    /// `get`: say who uses the connection.
    ShowUsers,
    /// `delete`: take the connection out of what uses it first.
    Detach,
    /// `update`: make a connection of what is stored under this name; the type, or `auto`.
    Adopt(String),
}

impl CallSetting {
    /// The names of all of them, which `[backends.NAME.settings]` may not hold.
    pub const NAMES: [&'static str; 3] = ["show-users", "detach", "adopt"];

    /// The name under which a connector declares it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ShowUsers => Self::NAMES[0],
            Self::Detach => Self::NAMES[1],
            Self::Adopt(_) => Self::NAMES[2],
        }
    }

    /// The setting as the connector gets it.
    pub fn field(&self) -> Field {
        let value = match self {
            Self::ShowUsers | Self::Detach => "true".to_owned(),
            Self::Adopt(type_name) => type_name.clone(),
        };
        Field { name: self.name().to_owned(), value }
    }
}
