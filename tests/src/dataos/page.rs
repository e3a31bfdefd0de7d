use std::cmp::Ordering;
use std::str::FromStr;

use super::failure::Failure;
use super::resource::Resource;
use crate::serve::Request;

/// The part of a list that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Entries to leave out at the beginning.
    pub(super) offset: usize,
    /// Entries at most.
    pub(super) limit: usize,
    pub(super) order: Order,
}

/// `FIELD:asc` or `FIELD:desc`. Documented is only `updated_at:desc`; the others are inferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    field: Field,
    direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Created,
    Updated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

impl Page {
    /// Reads `limit`, `offset` and `sort`, with the documented defaults.
    pub(super) fn of(request: &Request) -> Result<Page, Failure> {
        let order = Order { field: Field::Updated, direction: Direction::Descending };
        Ok(Page {
            offset: parameter(request, "offset", 0)?,
            limit: parameter(request, "limit", 100)?,
            order: parameter(request, "sort", order)?,
        })
    }
}

impl Order {
    pub(super) fn sort(self, resources: &mut [&Resource]) {
        resources.sort_by(|left, right| match self.direction {
            Direction::Ascending => self.field.compare(left, right),
            Direction::Descending => self.field.compare(right, left),
        });
    }
}

impl Field {
    fn compare(self, left: &Resource, right: &Resource) -> Ordering {
        match self {
            Field::Name => left.key.cmp(&right.key),
            Field::Created => left.created.count.cmp(&right.created.count),
            Field::Updated => left.updated.count.cmp(&right.updated.count),
        }
    }
}

impl FromStr for Order {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (field, direction) = text.split_once(':').unwrap_or((text, "asc"));
        let field = match field {
            "name" => Field::Name,
            "created_at" => Field::Created,
            "updated_at" => Field::Updated,
            _ => return Err(()),
        };
        let direction = match direction {
            "asc" => Direction::Ascending,
            "desc" => Direction::Descending,
            _ => return Err(()),
        };
        Ok(Order { field, direction })
    }
}

fn parameter<T: FromStr>(request: &Request, name: &str, default: T) -> Result<T, Failure> {
    let Some(text) = request.query(name) else {
        return Ok(default);
    };
    let invalid = |_| Failure::BadRequest(format!("invalid query parameter {name}: '{text}'"));
    text.parse().map_err(invalid)
}
