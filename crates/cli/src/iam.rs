//! `wharf iam public`: what others than the account's own are let do.

use std::process::ExitCode;

use wharf_api_wharf::types::{ListOutsideAccessRequest, ListOutsideAccessResponse, OutsideAccess};

use crate::{
    args::{IamCommand, OutputArgs},
    call,
    layout::Layout,
    problem::Problem,
    style::{self, Style},
};

pub fn run(command: &IamCommand) -> Result<ExitCode, Problem> {
    match command {
        IamCommand::Public(output) => public(output)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn public(output: &OutputArgs) -> Result<(), Problem> {
    let layout = Layout::new(&output.data.data)?;
    let settings = layout.settings()?;
    let nothing = ListOutsideAccessRequest::default();
    let asked = call::wharf(&layout, &settings, "ListOutsideAccess", &nothing);
    let found: ListOutsideAccessResponse = call::block_on(asked)?;
    if output.json {
        println!("{:#}", call::document("ListOutsideAccessResponse", &found));
        return Ok(());
    }
    let open = found.open.unwrap_or_default();
    match open.is_empty() {
        true => println!("No policy lets anybody in from outside of the account."),
        false => print!("{}", table(&open)),
    }
    let style = Style::of_stdout();
    for unread in found.unread.unwrap_or_default() {
        println!("{}", style.faint(&format!("not read: {unread}")));
    }
    Ok(())
}

fn table(open: &[OutsideAccess]) -> String {
    let joined = |list: &Option<Vec<String>>| match list.as_deref() {
        None | Some([]) => "-".to_owned(),
        Some(list) => list.join(", "),
    };
    let head = ["WHO", "RESOURCE", "ACTIONS", "IF"].map(str::to_owned);
    let rows = open.iter().map(|it| {
        vec![
            joined(&it.who),
            it.resource.clone().unwrap_or_default(),
            joined(&it.actions),
            joined(&it.conditions),
        ]
    });
    let rows: Vec<_> = std::iter::once(head.to_vec()).chain(rows).collect();
    style::table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let one = OutsideAccess {
            resource: Some("arn:aws:s3:::shop".to_owned()),
            statement: Some(1),
            who: Some(vec!["*".to_owned()]),
            actions: Some(vec!["s3:GetObject".to_owned(), "s3:ListBucket".to_owned()]),
            conditions: None,
        };
        assert_eq!(
            table(&[one]),
            "WHO  RESOURCE           ACTIONS                      IF\n\
             *    arn:aws:s3:::shop  s3:GetObject, s3:ListBucket  -\n"
        );
    }
}
