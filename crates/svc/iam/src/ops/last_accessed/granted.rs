//! Which services and actions policies allow at all. Pure: statements that allow are read, conditions,
//! resources and denials are not, as AWS does it.

use wharf_base::glob::{Glob, Syntax};
use wharf_iam::{Document, Effect};

const FOLDED: Syntax = Syntax {
    fold_case: true,
    escapes: false,
};

/// What statements of policies allow.
#[derive(Debug, Default)]
pub(super) struct Granted {
    allowed: Vec<Patterns>,
}

/// The actions of a statement, apart by service and name.
#[derive(Debug)]
struct Patterns {
    negated: bool,
    pairs: Vec<(Glob, Glob)>,
}

impl Patterns {
    fn holds(&self, service: &str, name: &str) -> bool {
        let named = |(of, called): &(Glob, Glob)| of.matches(service) && called.matches(name);
        self.pairs.iter().any(named) != self.negated
    }

    /// Something of the service.
    fn reach(&self, service: &str) -> bool {
        let named = |(of, called): &(Glob, Glob)| {
            // What is excepted takes a service away if it is all of it.
            of.matches(service) && (!self.negated || called.matches("*"))
        };
        self.pairs.iter().any(named) != self.negated
    }
}

impl Granted {
    pub(super) fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let statements = documents.into_iter().flat_map(|it| &it.statements);
        let allowing = statements.filter(|it| it.effect == Effect::Allow);
        let patterns = allowing.map(|statement| Patterns {
            negated: statement.actions.negated,
            pairs: (statement.actions.values.iter())
                .map(|text| {
                    let (service, name) = text.split_once(':').unwrap_or((text, "*"));
                    (Glob::new(service, FOLDED), Glob::new(name, FOLDED))
                })
                .collect(),
        });
        Self {
            allowed: patterns.collect(),
        }
    }

    pub(super) fn reaches(&self, service: &str) -> bool {
        self.allowed.iter().any(|it| it.reach(service))
    }

    pub(super) fn allows(&self, service: &str, name: &str) -> bool {
        self.allowed.iter().any(|it| it.holds(service, name))
    }
}

#[cfg(test)]
mod tests {
    use wharf_iam::DocumentKind;

    use super::*;

    fn granted(statement: &str) -> Granted {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        Granted::of(&[Document::parse(&text, DocumentKind::Managed).unwrap()])
    }

    #[test]
    fn services_and_actions_of_statements() {
        for (statement, service, name, expected) in [
            (
                r#"{"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"}"#,
                "ecs",
                "RunTask",
                [true, true],
            ),
            (
                r#"{"Effect": "Allow", "Action": "ECS:runtask", "Resource": "*"}"#,
                "ecs",
                "RunTask",
                [true, true],
            ),
            (
                r#"{"Effect": "Allow", "Action": "ecs:Run*", "Resource": "*"}"#,
                "ecs",
                "StopTask",
                [true, false],
            ),
            (
                r#"{"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"}"#,
                "ecr",
                "RunTask",
                [false, false],
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#,
                "sqs",
                "SendMessage",
                [true, true],
            ),
            (
                r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#,
                "sqs",
                "SendMessage",
                [false, false],
            ),
            (
                r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#,
                "iam",
                "GetUser",
                [false, false],
            ),
            (
                r#"{"Effect": "Allow", "NotAction": "iam:GetUser", "Resource": "*"}"#,
                "iam",
                "GetUser",
                [true, false],
            ),
            (
                r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#,
                "ecs",
                "RunTask",
                [true, true],
            ),
        ] {
            let granted = granted(statement);
            let found = [granted.reaches(service), granted.allows(service, name)];
            assert_eq!(found, expected, "{statement} {service}:{name}");
        }
    }
}
