//! `wharf admission`: which images tasks may start, by the keys that must have signed them.

use std::{fs, path::Path, process::ExitCode};

use wharf_api_wharf::types::{
    AdmissionRule, DeleteAdmissionRuleRequest, DeleteAdmissionRuleResponse,
    ListAdmissionRulesRequest, ListAdmissionRulesResponse, PutAdmissionRuleRequest,
    PutAdmissionRuleResponse,
};
use wharf_wire::node::Struct;

use crate::{
    args::{AdmissionCommand, AdmissionSetArgs, DataArgs, OutputArgs},
    call,
    layout::Layout,
    problem::Problem,
    style::Style,
};

pub fn run(command: &AdmissionCommand) -> Result<ExitCode, Problem> {
    match command {
        AdmissionCommand::Set(args) => set(args)?,
        AdmissionCommand::List(output) => list(output)?,
        AdmissionCommand::Remove(args) => remove(&args.data, &args.name)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn set(args: &AdmissionSetArgs) -> Result<(), Problem> {
    let keys: Result<Vec<String>, Problem> = args.key.iter().map(|path| read(path)).collect();
    let asked = PutAdmissionRuleRequest {
        name: Some(args.name.clone()),
        repositories: Some(args.repository.clone()),
        keys: Some(keys?).filter(|keys| !keys.is_empty()),
        unsigned: args.unsigned.then_some(true),
    };
    let made: PutAdmissionRuleResponse = ask(&args.data, "PutAdmissionRule", &asked)?;
    let style = Style::of_stdout();
    println!(
        "{} {}",
        style.good("Set"),
        line(&made.rule.unwrap_or_default())
    );
    println!(
        "{}",
        style.faint("It holds for tasks that start from now on; those that run are left alone.")
    );
    Ok(())
}

/// A key as its file has it.
fn read(path: &Path) -> Result<String, Problem> {
    let shown = path.display();
    fs::read_to_string(path)
        .map_err(|cause| Problem::caused(format!("{shown} cannot be read"), cause))
}

fn list(output: &OutputArgs) -> Result<(), Problem> {
    let nothing = ListAdmissionRulesRequest::default();
    let found: ListAdmissionRulesResponse = ask(&output.data, "ListAdmissionRules", &nothing)?;
    if output.json {
        println!("{:#}", call::document("ListAdmissionRulesResponse", &found));
        return Ok(());
    }
    let rules = found.rules.unwrap_or_default();
    if rules.is_empty() {
        println!("No rules: tasks start every image. `wharf admission set` makes one.");
    }
    for rule in &rules {
        println!("{}", line(rule));
    }
    Ok(())
}

fn remove(data: &DataArgs, name: &str) -> Result<(), Problem> {
    let asked = DeleteAdmissionRuleRequest {
        name: Some(name.to_owned()),
    };
    let done: DeleteAdmissionRuleResponse = ask(data, "DeleteAdmissionRule", &asked)?;
    let style = Style::of_stdout();
    println!(
        "{} {}",
        style.good("Removed"),
        line(&done.rule.unwrap_or_default())
    );
    Ok(())
}

/// `release: prod/*, signed by 3f9a…`
fn line(rule: &AdmissionRule) -> String {
    let name = rule.name.as_deref().unwrap_or_default();
    let repositories = rule.repositories.as_deref().unwrap_or_default().join(", ");
    let keys = rule.keys.iter().flatten();
    let keys: Vec<&str> = keys.filter_map(|key| key.fingerprint.as_deref()).collect();
    match rule.unsigned == Some(true) {
        true => format!("{name}: {repositories}, without a signature"),
        false => format!("{name}: {repositories}, signed by {}", keys.join(" or ")),
    }
}

fn ask<O: Struct + Default>(
    data: &DataArgs,
    operation: &str,
    input: &(dyn Struct + Sync),
) -> Result<O, Problem> {
    let layout = Layout::new(&data.data)?;
    let settings = layout.settings()?;
    call::block_on(call::wharf(&layout, &settings, operation, input))
}
