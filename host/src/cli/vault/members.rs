//! `connhub vault identity`, `members`, `add-member`, `set-right` and `remove-member`.

use std::sync::Arc;

use super::args::{AddMemberArgs, RemoveMemberArgs, RightWord, SetRightArgs};
use crate::cli::app::App;
use crate::cli::keyboard;
use crate::cli::passphrase::AskPassphrase;
use crate::model::{Error, Kind};
use crate::operations::vault::{self, Member, MemberChange, Right};
use crate::plugins::identity_config;
use crate::ui::json::{Document, MembersForm, VaultResult, check_keys};
use crate::ui::{self, Answer, Format, view};

/// Prints the public key of this user, which is made if there is none.
pub(super) fn identity(app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let settings = app.plugins()?.settings();
    let talk = app.console.talk();
    let ask = AskPassphrase::new(settings, Arc::clone(talk), keyboard::terminal(talk));
    let config = identity_config(settings, Arc::new(ask))?;
    let (key, is_new) = match vault::known_identity(&config)? {
        Some(key) => (key, false),
        None => super::recorded(app, "vault identity", "created", || vault::identity(&config))?,
    };
    if is_new {
        talk.note("an identity was made for you; give this public key to an owner of the store");
    }
    let outcome = if is_new { "created" } else { "present" };
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => {
            let result = VaultResult { recipient: Some(key), ..VaultResult::of(outcome) };
            Document::new("VaultResult", &result).write(form, out)
        }
        _ => writeln!(out, "{key}"),
    })?;
    Ok(0)
}

/// Says who the members are.
pub(super) fn list(app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), MembersForm::KEYS)?;
    let config = super::config(app)?;
    let (members, own) = vault::members(&config)?;
    let form = MembersForm::new(&members, &own);
    app.console.data(|out, style| match &app.format {
        Format::Structured(shape) => Document::new("Members", &form).write(shape, out),
        Format::Name => form.items.iter().try_for_each(|item| writeln!(out, "{}", item.name)),
        _ => view::members(&form).write(out, style, app.headers()),
    })?;
    Ok(0)
}

pub(super) fn add(args: &AddMemberArgs, app: &App) -> Result<u8, Error> {
    let member = Member {
        name: args.name.clone(),
        right: Right::from(args.right),
        key: args.key.clone(),
        role: args.role.clone(),
    };
    change(("vault add-member", "added"), &MemberChange::Add(member), app)
}

pub(super) fn set_right(args: &SetRightArgs, app: &App) -> Result<u8, Error> {
    let change_to = MemberChange::SetRight(args.name.clone(), Right::from(args.right));
    change(("vault set-right", "changed"), &change_to, app)
}

pub(super) fn remove(args: &RemoveMemberArgs, app: &App) -> Result<u8, Error> {
    if !args.yes {
        ask(&args.name, app)?;
    }
    let code =
        change(("vault remove-member", "removed"), &MemberChange::Remove(args.name.clone()), app)?;
    app.console.talk().note(
        "what the member has seen or copied stays readable to them; replace those secrets: `connhub rotate NAME`",
    );
    Ok(code)
}

fn change(
    (operation, did): (&str, &'static str),
    change: &MemberChange,
    app: &App,
) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let config = super::config(app)?;
    let done = super::recorded(app, operation, did, || vault::change_members(&config, change))?;
    let result = VaultResult {
        records: (did == "removed").then_some(done.records),
        recipient: Some(done.member.key),
        member: Some(done.member.name),
        right: Some(done.member.right.word()),
        role: done.member.role,
        ..VaultResult::of(did)
    };
    super::show(&result, app)
}

fn ask(name: &str, app: &App) -> Result<(), Error> {
    if !ui::is_interactive() {
        return Err(Error::invalid("nobody can be asked here whether to remove a member")
            .hint("add `--yes` to remove them without a question"));
    }
    let question = format!("remove the member `{name}` and give the store new keys?");
    match ui::confirm(app.console.talk(), &question)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Error::new(Kind::Other, "nobody was removed")),
    }
}

impl From<RightWord> for Right {
    fn from(word: RightWord) -> Self {
        match word {
            RightWord::Use => Self::Use,
            RightWord::Manage => Self::Manage,
            RightWord::Own => Self::Own,
        }
    }
}
