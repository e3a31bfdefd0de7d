//! The local store as a whole.

use std::io::{self, Write};

use crate::ui::json::{MembersForm, VaultResult, VaultStatus};
use crate::ui::style::Tone;
use crate::ui::table::{Cell, Table};

/// A table of what is known of the store.
pub fn vault_status(status: &VaultStatus) -> Table {
    let mut table = Table::new(vec!["PROPERTY", "VALUE"]);
    let mut row = |name: &'static str, value: Cell<'_>| table.row([Cell::from(name), value]);
    row("state", Cell::toned(status.state, tone(status.state)));
    row("folder", Cell::from(&*status.folder));
    if let Some(key) = status.key {
        row("key", Cell::from(key));
    }
    if let Some(records) = status.records {
        row("records", Cell::from(records.to_string()));
    }
    if let Some(versions) = status.versions {
        row("versions", Cell::from(versions.to_string()));
    }
    if let Some(bytes) = status.bytes {
        row("bytes", Cell::from(bytes.to_string()));
    }
    if let Some(tables) = status.tables {
        row("tables", Cell::from(format!("version {tables}")));
    }
    if let Some(id) = &status.id {
        row("id", Cell::from(&**id));
    }
    table
}

/// A table of the members of a store.
pub fn members(form: &MembersForm<'_>) -> Table {
    let with_roles = form.items.iter().any(|item| item.role.is_some());
    let mut heads = vec!["NAME", "RIGHT", "KEY"];
    heads.extend(with_roles.then_some("ROLE"));
    let mut table = Table::new(heads);
    for item in &form.items {
        let tone = if item.you { Tone::Good } else { Tone::Normal };
        let mut row =
            vec![Cell::toned(item.name, tone), Cell::from(item.right), Cell::from(item.key)];
        row.extend(with_roles.then(|| Cell::from(item.role.unwrap_or_default())));
        table.row(row);
    }
    table
}

fn tone(state: &str) -> Tone {
    match state {
        "open" | "unlocked" => Tone::Good,
        "failed" => Tone::Bad,
        _ => Tone::Caution,
    }
}

/// Says what was done.
///
/// # Errors
/// `out` cannot be written.
pub fn vault_result(result: &VaultResult, out: &mut dyn Write) -> io::Result<()> {
    let records = result.records.unwrap_or_default();
    let plural = if records == 1 { "" } else { "s" };
    let file = result.file.as_deref().unwrap_or_default();
    if let Some(member) = &result.member {
        return member_result(result, member, out);
    }
    if let (Some(tables), Some(before)) = (result.tables, result.tables_before) {
        return migration_result(result, (before, tables), out);
    }
    match result.outcome {
        "locked" => writeln!(out, "the local store is locked"),
        "unlocked" => writeln!(out, "the local store is unlocked"),
        "verified" => writeln!(out, "{records} record{plural} opened, all as they were written"),
        "created" | "present" => {
            let recipient = result.recipient.as_deref().unwrap_or_default();
            writeln!(out, "the identity of `{recipient}` opens the local store, too")
        }
        "initialized" => {
            writeln!(out, "the local store is made in `{file}`")?;
            result.recipient.iter().try_for_each(|recipient| {
                writeln!(out, "the identity of `{recipient}` opens it if its master key is lost")
            })
        }
        "absent" => writeln!(out, "the local store has no recovery key"),
        "removed" => writeln!(out, "the recovery key is removed"),
        "recovered" => writeln!(
            out,
            "the local store has a new master key, kept by: {}",
            result.to.unwrap_or_default()
        ),
        "cleared" => writeln!(out, "{records} past version{plural} removed"),
        "written" => writeln!(out, "{records} record{plural} written to `{file}`, sealed"),
        "restored" => {
            writeln!(out, "{records} record{plural} restored to `{file}`")?;
            match &result.before {
                Some(before) => writeln!(out, "the store that was there is in `{before}`"),
                None => Ok(()),
            }
        }
        "rotated" => writeln!(
            out,
            "the local store has new keys, {records} record{plural} sealed anew; the master key is kept by: {}",
            result.to.unwrap_or_default()
        ),
        _ => writeln!(out, "nothing to do"),
    }
}

fn migration_result(
    result: &VaultResult,
    (before, now): (i32, i32),
    out: &mut dyn Write,
) -> io::Result<()> {
    match result.outcome {
        "migrated" => {
            writeln!(
                out,
                "the tables of the local store went from version {before} to version {now}"
            )?;
        }
        "planned" => writeln!(
            out,
            "the tables of the local store would go from version {before} to version {now}"
        )?,
        _ => writeln!(out, "the tables of the local store have version {now}")?,
    }
    result.losses.iter().try_for_each(|loss| writeln!(out, "lost: {loss}"))
}

fn member_result(result: &VaultResult, member: &str, out: &mut dyn Write) -> io::Result<()> {
    let right = result.right.unwrap_or_default();
    let records = result.records.unwrap_or_default();
    let plural = if records == 1 { "" } else { "s" };
    match result.outcome {
        "added" => writeln!(out, "`{member}` is a member with the right `{right}`"),
        "changed" => writeln!(out, "`{member}` has the right `{right}` now"),
        _ => writeln!(
            out,
            "`{member}` is no member any more; the store has new keys, {records} record{plural} sealed anew"
        ),
    }
}
