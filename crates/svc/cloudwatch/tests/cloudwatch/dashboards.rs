//! Dashboards as large as they can be.

use wharf_api_cloudwatch::{Cloudwatch as _, GetDashboardInput, PutDashboardInput};
use wharf_testkit::refused;

use crate::home::Home;

fn dashboard(markdown: &str) -> PutDashboardInput {
    let body = format!(
        r#"{{"widgets": [{{"type": "text", "properties": {{"markdown": "{markdown}"}}}}]}}"#
    );
    PutDashboardInput {
        dashboard_name: Some("large".to_owned()),
        dashboard_body: Some(body),
        ..PutDashboardInput::default()
    }
}

/// In its record a body is a text in quotes, which may be twice as long as it was given.
#[tokio::test]
async fn a_body_that_has_no_room_in_the_store_is_refused() {
    let home = Home::start();
    let put = async |markdown: &str| {
        let call = home.call();
        home.service.put_dashboard(&call, dashboard(markdown)).await
    };
    let large = "a".repeat(1_000_000);
    put(&large).await.unwrap();
    refused(
        put(&r#"\""#.repeat(400_000)).await,
        "DashboardInvalidInputError",
        "The field DashboardBody must be a valid JSON object",
    );
    let input = GetDashboardInput {
        dashboard_name: Some("large".to_owned()),
    };
    let kept = home.service.get_dashboard(&home.call(), input).await;
    let kept = kept.unwrap().dashboard_body.unwrap();
    assert!(kept.contains(&large), "the former one stays");
}
