//! `wharf account`: the accounts of an installation, created, listed and closed.

use std::process::ExitCode;

use wharf_api_wharf::types::{
    Account, CloseAccountRequest, CloseAccountResponse, CreateAccountRequest,
    CreateAccountResponse, ListAccountsRequest, ListAccountsResponse,
};
use wharf_base::{Timestamp, ids};
use wharf_wire::node::Struct;

use crate::{
    args::{AccountCloseArgs, AccountCommand, AccountCreateArgs, OutputArgs},
    call,
    layout::Layout,
    problem::Problem,
    style::Style,
};

pub fn run(command: &AccountCommand) -> Result<ExitCode, Problem> {
    match command {
        AccountCommand::Create(args) => create(args)?,
        AccountCommand::List(output) => list(output)?,
        AccountCommand::Close(args) => close(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn create(args: &AccountCreateArgs) -> Result<(), Problem> {
    let token = args.client_token.clone().unwrap_or_else(ids::uuid);
    let asked = CreateAccountRequest {
        name: Some(args.name.clone()),
        id: args.id.clone(),
        client_token: Some(token.clone()),
    };
    let made = match ask(&args.output, "CreateAccount", &asked) {
        // The same request gives the account and the key that it gave before.
        Err(lost) if is_lost(&lost) => ask(&args.output, "CreateAccount", &asked)
            .map_err(|cause| Problem::caused(again(args, &token), cause)),
        answer => answer,
    };
    let made: CreateAccountResponse = made?;
    if args.output.json {
        println!("{:#}", call::document("CreateAccountResponse", &made));
        return Ok(());
    }
    let account = made.account.unwrap_or_default();
    let style = Style::of_stdout();
    println!(
        "{} {} {}",
        style.good("Created"),
        account.id.unwrap_or_default(),
        account.name.unwrap_or_default()
    );
    println!(
        "  AWS_ACCESS_KEY_ID={}\n  AWS_SECRET_ACCESS_KEY={}",
        made.access_key_id.unwrap_or_default(),
        made.secret_access_key.unwrap_or_default()
    );
    println!(
        "{}",
        style.faint("This is the key of its root. Keep it now: it is not shown again.")
    );
    Ok(())
}

/// Whether the request may have been carried out although no answer to it came.
fn is_lost(problem: &Problem) -> bool {
    matches!(problem, Problem::Other { cause: Some(_), .. })
}

fn again(args: &AccountCreateArgs, token: &str) -> String {
    let id = args.id.as_ref().map(|id| format!(" --id {id}"));
    format!(
        "the account may be there all the same; for a day `wharf account create '{}'{} --client-token {token}` \
         shows it with its key",
        args.name,
        id.unwrap_or_default()
    )
}

fn list(output: &OutputArgs) -> Result<(), Problem> {
    let nothing = ListAccountsRequest::default();
    let found: ListAccountsResponse = ask(output, "ListAccounts", &nothing)?;
    if output.json {
        println!("{:#}", call::document("ListAccountsResponse", &found));
        return Ok(());
    }
    println!("{}", row("ACCOUNT", "STATE", "CREATED", "NAME"));
    for account in found.accounts.iter().flatten() {
        println!("{}", row_of(account));
    }
    Ok(())
}

fn row_of(account: &Account) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let created = account.created_at.map(Timestamp::iso8601_seconds);
    row(
        &text(&account.id),
        &text(&account.state),
        created.as_deref().unwrap_or("-"),
        &text(&account.name),
    )
}

fn row(id: &str, state: &str, created: &str, name: &str) -> String {
    format!("{id:14}{state:9}{created:22}{name}")
}

fn close(args: &AccountCloseArgs) -> Result<(), Problem> {
    let asked = CloseAccountRequest {
        id: Some(args.id.clone()),
    };
    let done: CloseAccountResponse = ask(&args.output, "CloseAccount", &asked)?;
    if args.output.json {
        println!("{:#}", call::document("CloseAccountResponse", &done));
        return Ok(());
    }
    let account = done.account.unwrap_or_default();
    let style = Style::of_stdout();
    println!(
        "{} {} {}",
        style.good("Closed"),
        account.id.unwrap_or_default(),
        account.name.unwrap_or_default()
    );
    println!(
        "{}",
        style.faint(
            "What ran there is being stopped; `wharf account list` shows when that is done."
        )
    );
    Ok(())
}

fn ask<O: Struct + Default>(
    output: &OutputArgs,
    operation: &str,
    input: &(dyn Struct + Sync),
) -> Result<O, Problem> {
    let layout = Layout::new(&output.data.data)?;
    let settings = layout.settings()?;
    call::block_on(call::wharf(&layout, &settings, operation, input))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_what_is_known() {
        let account = Account {
            id: Some("111122223333".to_owned()),
            name: Some("team".to_owned()),
            state: Some("open".to_owned()),
            ..Account::default()
        };
        assert_eq!(
            row_of(&account),
            "111122223333  open     -                     team"
        );
    }
}
