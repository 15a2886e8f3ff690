//! Rules of Contributor Insights in virtual time: when they count, and who may ask.

use std::time::Duration;

use wharf_api_cloudwatch::{
    Cloudwatch as _, DeleteInsightRulesInput, DescribeAlarmContributorsInput,
    DescribeInsightRulesInput, DisableInsightRulesInput, EnableInsightRulesInput,
    GetInsightRuleReportInput, GetMetricDataInput, Input, MetricDataQuery, PutInsightRuleInput,
    PutMetricAlarmInput,
};
use wharf_testkit::{refused, until};

use crate::home::{Home, at, expression, minute};

const RULE: &str = r#"{"Schema":{"Name":"CloudWatchLogRule","Version":1},"LogGroupNames":["g"],"LogFormat":"JSON",
    "Contribution":{"Keys":["$.ip"]},"AggregateOn":"Count"}"#;

fn rule(name: &str) -> PutInsightRuleInput {
    PutInsightRuleInput {
        rule_name: Some(name.to_owned()),
        rule_definition: Some(RULE.to_owned()),
        ..Default::default()
    }
}

/// An event of each minute from ten on, by two contributors in turn.
fn events(home: &Home, minutes: u32) {
    let all = (0..minutes).map(|number| {
        let ip = if number % 2 == 0 { "a" } else { "b" };
        (minute(number).millis() + 5, format!(r#"{{"ip":"{ip}"}}"#))
    });
    *home.notes.events.lock() = all.collect();
}

async fn counted(home: &Home, name: &str) -> String {
    let input = GetInsightRuleReportInput {
        rule_name: Some(name.to_owned()),
        start_time: Some(minute(0)),
        end_time: Some(at("2026-11-22T11:00:00Z")),
        period: Some(3600),
        ..Default::default()
    };
    let report = home.service.get_insight_rule_report(&home.call(), input);
    let report = report.await.unwrap();
    let each = report.contributors.unwrap().into_iter().map(|it| {
        let value = it.approximate_aggregate_value.unwrap();
        format!("{}={value}", it.keys.unwrap()[0])
    });
    each.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn what_comes_in_while_a_rule_is_enabled_counts() {
    let mut home = Home::start();
    events(&home, 40);
    let put = home.service.put_insight_rule(&home.call(), rule("r"));
    put.await.unwrap();
    home.wait(Duration::from_secs(600));
    let names = Some(vec!["r".to_owned(), "none".to_owned()]);
    let input = DisableInsightRulesInput {
        rule_names: names.clone(),
    };
    let said = home.service.disable_insight_rules(&home.call(), input);
    let failures = said.await.unwrap().failures.unwrap();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].failure_resource.as_deref(), Some("none"));
    assert_eq!(counted(&home, "r").await, "a=5 b=5");
    home.wait(Duration::from_secs(600));
    let input = EnableInsightRulesInput { rule_names: names };
    home.service
        .enable_insight_rules(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(counted(&home, "r").await, "a=15 b=15");
    // The same definition goes on, in the state that it has; another counts anew.
    let put = home.service.put_insight_rule(&home.call(), rule("r"));
    put.await.unwrap();
    assert_eq!(counted(&home, "r").await, "a=15 b=15");
    let other = PutInsightRuleInput {
        apply_on_transformed_logs: Some(true),
        rule_state: Some("DISABLED".to_owned()),
        ..rule("r")
    };
    home.service
        .put_insight_rule(&home.call(), other)
        .await
        .unwrap();
    assert_eq!(counted(&home, "r").await, "");
    let input = DescribeInsightRulesInput::default();
    let told = home.service.describe_insight_rules(&home.call(), input);
    let told = told.await.unwrap().insight_rules.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].state.as_deref(), Some("DISABLED"));
    assert_eq!(told[0].apply_on_transformed_logs, Some(true));
    let input = DeleteInsightRulesInput {
        rule_names: Some(vec!["r".to_owned()]),
    };
    let said = home
        .service
        .delete_insight_rules(&home.call(), input.clone());
    assert_eq!(said.await.unwrap().failures, Some(Vec::new()));
    let said = home.service.delete_insight_rules(&home.call(), input);
    assert_eq!(said.await.unwrap().failures.unwrap().len(), 1);
}

#[tokio::test]
async fn rules_are_bounded_and_paged() {
    let home = Home::start();
    for number in 0..100 {
        let put = home
            .service
            .put_insight_rule(&home.call(), rule(&format!("r{number:03}")));
        put.await.unwrap();
    }
    let more = home.service.put_insight_rule(&home.call(), rule("x")).await;
    let text = "The account has the most Contributor Insights rules that it may have: 100.";
    refused(more, "LimitExceededException", text);
    // One that is there may be put again.
    let put = home.service.put_insight_rule(&home.call(), rule("r000"));
    put.await.unwrap();
    let list = |token: Option<String>| DescribeInsightRulesInput {
        max_results: Some(60),
        next_token: token,
    };
    let first = home
        .service
        .describe_insight_rules(&home.call(), list(None));
    let first = first.await.unwrap();
    let second = list(first.next_token);
    let second = home.service.describe_insight_rules(&home.call(), second);
    let second = second.await.unwrap();
    assert_eq!(second.insight_rules.map(|it| it.len()), Some(40));
    assert_eq!(second.next_token, None);
}

fn asking(metric: &str) -> MetricDataQuery {
    MetricDataQuery {
        period: Some(300),
        ..expression("e1", &format!("INSIGHT_RULE_METRIC('r', '{metric}')"))
    }
}

#[tokio::test]
async fn expressions_and_alarms_ask_rules() {
    let mut home = Home::start();
    events(&home, 10);
    let put = home.service.put_insight_rule(&home.call(), rule("r"));
    put.await.unwrap();
    for (metric, wanted) in [
        ("UniqueContributors", [2.0, 2.0]),
        ("MaxContributorValue", [3.0, 3.0]),
        ("Sum", [5.0, 5.0]),
    ] {
        let found = home.ask(vec![asking(metric)]).await.unwrap();
        assert_eq!(found[0].values.as_deref(), Some(&wanted[..]), "{metric}");
        assert_eq!(found[0].timestamps, Some(vec![minute(0), minute(5)]));
    }
    let scaled = expression("e2", "e1 * 10");
    let found = home.ask(vec![asking("Sum"), scaled]).await.unwrap();
    assert_eq!(found[1].values.as_deref(), Some(&[50.0, 50.0][..]));
    // Of a rule that is not there nothing is known.
    let none = expression("e1", "INSIGHT_RULE_METRIC('none', 'Sum')");
    assert_eq!(
        home.ask(vec![none]).await.unwrap()[0].values,
        Some(Vec::new())
    );
    let wrong = home.ask(vec![asking("Median")]).await.unwrap_err();
    assert!(
        wrong.message.contains("takes the name of a rule"),
        "{wrong}"
    );
    let many = (0..11).map(|number| {
        let text = format!("INSIGHT_RULE_METRIC('r{number}', 'Sum')");
        expression(&format!("e{number}"), &text)
    });
    for number in 0..11 {
        let put = home
            .service
            .put_insight_rule(&home.call(), rule(&format!("r{number}")));
        put.await.unwrap();
    }
    let refusal = home.ask(many.collect()).await;
    let text = "A request may ask at most 10 Contributor Insights rules.";
    refused(refusal, "ValidationException", text);

    let alarm = PutMetricAlarmInput {
        alarm_name: Some("busy".to_owned()),
        metrics: Some(vec![asking("Sum")]),
        evaluation_periods: Some(1),
        threshold: Some(4.0),
        comparison_operator: Some("GreaterThanThreshold".to_owned()),
        ..Default::default()
    };
    let put = home.service.put_metric_alarm(&home.call(), alarm.clone());
    put.await.unwrap();
    home.wait(Duration::from_secs(600));
    until("the alarm goes off", || async {
        let input = wharf_api_cloudwatch::DescribeAlarmsInput::default();
        let found = home.service.describe_alarms(&home.call(), input).await;
        let found = found.unwrap().metric_alarms.unwrap();
        found[0].state_value.as_deref() == Some("ALARM")
    })
    .await;
    let input = DescribeAlarmContributorsInput {
        alarm_name: Some("busy".to_owned()),
        next_token: None,
    };
    let told = home
        .service
        .describe_alarm_contributors(&home.call(), input);
    assert_eq!(told.await.unwrap().alarm_contributors, Some(Vec::new()));

    // Whoever asks must be allowed to see the rule's reports.
    let asked = GetMetricDataInput {
        metric_data_queries: Some(vec![asking("Sum")]),
        ..Default::default()
    };
    for input in [Input::GetMetricData(&asked), Input::PutMetricAlarm(&alarm)] {
        let checks = home.service.authorize(&home.call(), input).await.unwrap();
        let last = checks.last().unwrap();
        assert_eq!(last.action, "cloudwatch:GetInsightRuleReport");
        let arn = "arn:aws:cloudwatch:us-east-1:000000000000:insight-rule/r";
        assert_eq!(last.resource, arn);
    }
    let input = rule("new");
    let checks = home
        .service
        .authorize(&home.call(), Input::PutInsightRule(&input));
    let checks = checks.await.unwrap();
    let groups = checks[0]
        .context
        .get("cloudwatch:requestInsightRuleLogGroups");
    assert_eq!(groups, Some(&vec!["g".to_owned()]));
}
