//! Which images are in use, as findings, coverage and counts show it.

use std::sync::atomic::Ordering;

use wharf_api_inspector2::*;
use wharf_base::Timestamp;
use wharf_service::Place;
use wharf_testkit::call;

use crate::home::*;

fn three() -> Home {
    let it = home();
    for name in ["a", "b", "c"] {
        it.images.add(name, 1);
    }
    it
}

fn numbers(from: Option<f64>, to: Option<f64>) -> Option<Vec<NumberFilter>> {
    Some(vec![NumberFilter {
        lower_inclusive: from,
        upper_inclusive: to,
    }])
}

fn since(from: i64) -> Option<Vec<DateFilter>> {
    Some(vec![DateFilter {
        start_inclusive: Some(Timestamp(from)),
        end_inclusive: None,
    }])
}

#[tokio::test]
async fn those_who_ask_at_once_have_it_counted_once() {
    let it = three();
    let place = Place::of(&call());
    let (one, other) = tokio::join!(it.service.in_use(&place), it.service.in_use(&place));
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(it.running.counted.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn findings_tell_of_the_use_of_their_images() {
    let it = three();
    let listed = it.service.list_findings(&call(), Default::default()).await;
    let findings = listed.unwrap().findings.unwrap();
    let shown: Vec<_> = (findings.into_iter())
        .map(|it| {
            let resource = it.resources.unwrap().remove(0).details.unwrap();
            let image = resource.aws_ecr_container_image.unwrap();
            let last = image.last_in_use_at.map(|it| it.0);
            (image.repository_name.unwrap(), image.in_use_count, last)
        })
        .collect();
    let of = |name: &str, count, last| (name.to_owned(), Some(count), Some(last));
    assert_eq!(shown, [of("a", 2, 900), of("b", 0, 700), of("c", 0, 500)]);
    for (count, last, expected) in [
        (numbers(Some(1.0), None), None, vec!["a-00"]),
        (numbers(None, Some(0.0)), None, vec!["b-00", "c-00"]),
        (None, since(700), vec!["a-00", "b-00"]),
        (numbers(None, Some(0.0)), since(700), vec!["b-00"]),
    ] {
        let criteria = FilterCriteria {
            ecr_image_in_use_count: count,
            ecr_image_last_in_use_at: last,
            ..Default::default()
        };
        assert_eq!(it.fitting(criteria).await, expected);
    }
    // Filters that suppress go by it too.
    let unused = FilterCriteria {
        ecr_image_in_use_count: numbers(None, Some(0.0)),
        ..Default::default()
    };
    it.make("unused", "SUPPRESS", unused).await.unwrap();
    let suppressed = FilterCriteria {
        finding_status: equals("SUPPRESSED"),
        ..Default::default()
    };
    assert_eq!(it.fitting(suppressed).await, ["b-00", "c-00"]);
}

#[tokio::test]
async fn coverage_and_counts_of_images_tell_of_it_too() {
    let it = three();
    let criteria = |from: Option<i64>| CoverageFilterCriteria {
        ecr_image_in_use_count: Some(vec![CoverageNumberFilter {
            lower_inclusive: from,
            upper_inclusive: None,
        }]),
        ..Default::default()
    };
    for (from, expected) in [
        (Some(0), vec![(2, 900), (0, 700), (0, 500)]),
        (Some(1), vec![(2, 900)]),
        (Some(3), vec![]),
    ] {
        let input = ListCoverageRequest {
            filter_criteria: Some(criteria(from)),
            ..Default::default()
        };
        let listed = it.service.list_coverage(&call(), input).await.unwrap();
        let covered = listed.covered_resources.unwrap().into_iter();
        let images = covered.map(|it| it.resource_metadata.unwrap().ecr_image.unwrap());
        let shown = images.map(|it| (it.in_use_count.unwrap(), it.last_in_use_at.unwrap().0));
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }
    let input = ListFindingAggregationsRequest {
        aggregation_type: Some("AWS_ECR_CONTAINER".to_owned()),
        aggregation_request: Some(AggregationRequest {
            aws_ecr_container_aggregation: Some(AwsEcrContainerAggregation {
                in_use_count: numbers(Some(1.0), None),
                last_in_use_at: since(900),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let counted = it.service.list_finding_aggregations(&call(), input).await;
    let mut responses = counted.unwrap().responses.unwrap();
    assert_eq!(responses.len(), 1);
    let image = responses.remove(0).aws_ecr_container_aggregation.unwrap();
    assert_eq!(image.repository.as_deref(), Some("a"));
    let last = image.last_in_use_at.map(|it| it.0);
    assert_eq!((image.in_use_count, last), (Some(2), Some(900)));
}

#[tokio::test]
async fn images_may_be_compared_again_for_as_long_as_they_are_in_use() {
    let it = three();
    let set = async |mode: Option<&str>, days: Option<&str>| {
        let input = UpdateConfigurationRequest {
            ecr_configuration: Some(EcrConfiguration {
                rescan_duration: Some("DAYS_30".to_owned()),
                pull_date_rescan_duration: days.map(str::to_owned),
                pull_date_rescan_mode: mode.map(str::to_owned),
            }),
            ..Default::default()
        };
        it.service
            .update_configuration(&call(), input)
            .await
            .unwrap();
        let shown = it
            .service
            .get_configuration(&call(), Default::default())
            .await;
        let state = shown.unwrap().ecr_configuration.unwrap();
        let state = state.rescan_duration_state.unwrap();
        (state.pull_date_rescan_mode, state.pull_date_rescan_duration)
    };
    let is = |mode: &str, days: &str| (Some(mode.to_owned()), Some(days.to_owned()));
    assert_eq!(set(None, None).await, (None, None));
    let shown = set(None, Some("DAYS_14")).await;
    assert_eq!(shown, is("LAST_PULL_DATE", "DAYS_14"));
    let shown = set(Some("LAST_IN_USE_AT"), None).await;
    assert_eq!(shown, is("LAST_IN_USE_AT", "DAYS_14"));
    // It stays where nothing is said.
    let shown = set(None, Some("DAYS_7")).await;
    assert_eq!(shown, is("LAST_IN_USE_AT", "DAYS_7"));
    let shown = set(Some("LAST_PULL_DATE"), None).await;
    assert_eq!(shown, is("LAST_PULL_DATE", "DAYS_7"));
}
