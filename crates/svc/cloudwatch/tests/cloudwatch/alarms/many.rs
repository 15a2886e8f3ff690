//! As many alarms as one request names.

use std::collections::BTreeSet;

use wharf_wire::Fault;

use super::*;

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|it| format!("a{it:03}")).collect()
}

async fn delete(home: &Home, names: Vec<String>) -> Result<(), Fault> {
    let input = DeleteAlarmsInput {
        alarm_names: Some(names),
    };
    home.service.delete_alarms(&home.call(), input).await
}

/// How many there are, and how many of those act.
async fn there(home: &Home) -> (usize, usize) {
    let input = DescribeAlarmsInput {
        max_records: Some(100),
        ..DescribeAlarmsInput::default()
    };
    let found = home.service.describe_alarms(&home.call(), input).await;
    let all = found.unwrap().metric_alarms.unwrap();
    let acting = all.iter().filter(|it| it.actions_enabled == Some(true));
    (all.len(), acting.count())
}

/// Whose history says this, of one alarm or of all.
async fn who(home: &Home, name: Option<&str>, what: &str) -> BTreeSet<String> {
    let (mut found, mut next_token) = (BTreeSet::new(), None);
    loop {
        let input = DescribeAlarmHistoryInput {
            alarm_name: name.map(str::to_owned),
            history_item_type: Some("ConfigurationUpdate".to_owned()),
            max_records: Some(30),
            next_token,
            ..DescribeAlarmHistoryInput::default()
        };
        let page = home
            .service
            .describe_alarm_history(&home.call(), input)
            .await;
        let page = page.unwrap();
        for it in page.alarm_history_items.unwrap() {
            if it.history_summary.is_some_and(|it| it.ends_with(what)) {
                let is_new = found.insert(it.alarm_name.unwrap());
                assert!(is_new, "each is told of once");
            }
        }
        next_token = page.next_token;
        if next_token.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn a_hundred_alarms_are_switched_and_deleted_by_one_request() {
    let mut home = Home::start();
    for name in names(0..100) {
        home.service
            .put_metric_alarm(&home.call(), alarm(&name))
            .await
            .unwrap();
    }
    assert_eq!(there(&home).await, (100, 100));
    let off = DisableAlarmActionsInput {
        alarm_names: Some(names(0..100)),
    };
    let switched = home.service.disable_alarm_actions(&home.call(), off).await;
    switched.unwrap();
    assert_eq!(there(&home).await, (100, 0));
    assert_eq!(who(&home, None, " updated").await.len(), 100);

    // All or none.
    let one_of_none = delete(&home, names(1..101)).await;
    refused(one_of_none, "ResourceNotFound", "");
    assert_eq!(there(&home).await, (100, 0));
    assert_eq!(who(&home, None, " deleted").await.len(), 0);
    delete(&home, names(0..100)).await.unwrap();
    assert_eq!(there(&home).await, (0, 0));
    let all: BTreeSet<String> = names(0..100).into_iter().collect();
    assert_eq!(who(&home, None, " deleted").await, all);
    let one = who(&home, Some("a042"), " deleted").await;
    assert_eq!(one.into_iter().collect::<Vec<_>>(), ["a042"]);

    // A month later nothing is kept of it.
    assert!(home.world.stored("").await.contains("deleted"));
    home.wait(Duration::from_secs(31 * 86_400));
    until("what happened is swept", || async {
        !home.world.stored("").await.contains("deleted")
    })
    .await;
}
