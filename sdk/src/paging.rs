//! Pages of a list, for backends that count or that answer everything at once.

use crate::model::{Connection, Error, Page, PageRequest};

impl PageRequest {
    /// The first page, of at most so many items.
    pub fn first(limit: u32) -> Self {
        Self { cursor: None, limit }
    }

    /// How many items are wanted at most, at least one and never more than `most`.
    pub fn limit_up_to(&self, most: usize) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX).clamp(1, most.max(1))
    }

    /// The cursor as the number of items before this page; 0 for the first.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] for a cursor that is not a number.
    pub fn offset(&self) -> Result<usize, Error> {
        let Some(cursor) = &self.cursor else {
            return Ok(0);
        };
        cursor.parse().map_err(|_| Error::Other(format!("`{cursor}` is no cursor of this list")))
    }
}

impl Page {
    /// The only page.
    pub fn last(items: Vec<Connection>) -> Self {
        Self { items, cursor: None }
    }

    /// The page that was asked for, of a list that is complete.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] for a cursor that is not a number.
    pub fn of_all(all: Vec<Connection>, request: &PageRequest) -> Result<Self, Error> {
        let start = request.offset()?;
        let limit = request.limit_up_to(usize::MAX);
        let end = start.saturating_add(limit);
        let cursor = (end < all.len()).then(|| end.to_string());
        Ok(Self { items: all.into_iter().skip(start).take(limit).collect(), cursor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_list_is_cut_into_pages() {
        let all = || (0..5).map(|i| Connection::new(i.to_string(), "s3")).collect::<Vec<_>>();
        let check = |cursor: Option<&str>, limit, names: &str, next: Option<&str>| {
            let request = PageRequest { cursor: cursor.map(str::to_owned), limit };
            let page = Page::of_all(all(), &request).expect("the cursor is a number");
            assert_eq!(page.items.iter().map(|item| item.name.as_str()).collect::<String>(), names);
            assert_eq!(page.cursor.as_deref(), next);
        };
        check(None, 2, "01", Some("2"));
        check(Some("2"), 2, "23", Some("4"));
        check(Some("4"), 2, "4", None);
        check(None, 5, "01234", None);
        check(Some("9"), 2, "", None);
        check(None, 0, "0", Some("1"));
        let broken = PageRequest { cursor: Some("x".into()), limit: 1 };
        assert!(Page::of_all(all(), &broken).is_err());
    }
}
