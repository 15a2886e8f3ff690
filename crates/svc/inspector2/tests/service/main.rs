//! The service in process, over a real store and images of a test's own.

mod home;
mod in_use;
mod keys;
mod reports;

use wharf_api_inspector2::*;
use wharf_testkit::call;

use crate::home::*;

#[tokio::test]
async fn findings_come_page_by_page_each_once() {
    let it = home();
    for (name, findings) in [("a", 3), ("b", 0), ("c", 7), ("d", 1)] {
        it.images.add(name, findings);
    }
    let all = it.list(Default::default()).await.unwrap();
    assert_eq!(all.len(), 11);
    for size in 1..12 {
        let input = ListFindingsRequest {
            max_results: Some(size),
            ..Default::default()
        };
        assert_eq!(it.list(input).await.unwrap(), all, "{size} a page");
    }
    let of_c = FilterCriteria {
        ecr_image_repository_name: equals("c"),
        severity: equals("HIGH"),
        ..Default::default()
    };
    assert_eq!(it.fitting(of_c.clone()).await, ["c-01", "c-04"]);
    let sorted = |order: &str| ListFindingsRequest {
        sort_criteria: Some(SortCriteria {
            field: Some("INSPECTOR_SCORE".to_owned()),
            sort_order: Some(order.to_owned()),
        }),
        filter_criteria: Some(of_c.clone()),
        max_results: Some(1),
        ..Default::default()
    };
    assert_eq!(it.list(sorted("DESC")).await.unwrap(), ["c-04", "c-01"]);
    assert_eq!(it.list(sorted("ASC")).await.unwrap(), ["c-01", "c-04"]);
    let spoilt = ListFindingsRequest {
        next_token: Some("x".to_owned()),
        ..Default::default()
    };
    assert_eq!(
        it.list(spoilt).await.unwrap_err().code,
        "ValidationException"
    );
}

#[tokio::test]
async fn too_many_findings_are_not_sorted() {
    let it = home();
    it.images.add("a", 10_001);
    let sorted = ListFindingsRequest {
        sort_criteria: Some(SortCriteria {
            field: Some("SEVERITY".to_owned()),
            sort_order: Some("DESC".to_owned()),
        }),
        ..Default::default()
    };
    let refused = it.list(sorted).await.unwrap_err();
    assert_eq!(refused.code, "ValidationException");
    assert!(refused.message.contains("cannot be sorted"), "{refused:?}");
}

#[tokio::test]
async fn findings_are_counted_by_repository_page_by_page() {
    let (it, by) = (home(), call());
    for (name, findings) in [("a", 3), ("b", 0), ("c", 7), ("d", 1)] {
        it.images.add(name, findings);
    }
    let mut input = ListFindingAggregationsRequest {
        aggregation_type: Some("REPOSITORY".to_owned()),
        max_results: Some(2),
        ..Default::default()
    };
    let mut found = Vec::new();
    loop {
        let listed = it.service.list_finding_aggregations(&by, input.clone());
        let listed = listed.await.unwrap();
        let shown = listed.responses.unwrap().into_iter();
        let shown = shown.map(|it| it.repository_aggregation.unwrap());
        found.extend(shown.map(|it| {
            let counts = it.severity_counts.unwrap();
            (it.repository.unwrap(), counts.all, counts.critical)
        }));
        input.next_token = listed.next_token;
        if input.next_token.is_none() {
            break;
        }
    }
    let expected = [("c", 7, 3), ("a", 3, 1), ("d", 1, 1)];
    let expected =
        expected.map(|(name, all, critical)| (name.to_owned(), Some(all), Some(critical)));
    assert_eq!(found, expected);
    // Another account has nothing here.
    input.account_ids = equals("111111111111");
    let none = it.service.list_finding_aggregations(&by, input.clone());
    assert_eq!(none.await.unwrap().responses, Some(Vec::new()));
    input.next_token = Some("x".to_owned());
    let spoilt = it.service.list_finding_aggregations(&by, input);
    assert_eq!(spoilt.await.unwrap_err().code, "ValidationException");
}

#[tokio::test]
async fn what_is_said_of_rescans_is_kept() {
    let (it, by) = (home(), call());
    let get = async || {
        let got = it.service.get_configuration(&by, Default::default());
        let ecr = got.await.unwrap().ecr_configuration.unwrap();
        ecr.rescan_duration_state.unwrap()
    };
    assert_eq!(get().await.rescan_duration.as_deref(), Some("LIFETIME"));
    let update = |duration: &str, pulled: Option<&str>| UpdateConfigurationRequest {
        ecr_configuration: Some(EcrConfiguration {
            rescan_duration: Some(duration.to_owned()),
            pull_date_rescan_duration: pulled.map(str::to_owned),
            ..Default::default()
        }),
        ..Default::default()
    };
    for (input, pulled) in [
        (update("DAYS_14", Some("DAYS_7")), Some("DAYS_7")),
        // What is not said stays.
        (update("DAYS_30", None), Some("DAYS_7")),
    ] {
        let wanted = input.ecr_configuration.clone().unwrap().rescan_duration;
        it.service.update_configuration(&by, input).await.unwrap();
        let state = get().await;
        assert_eq!(state.rescan_duration, wanted);
        assert_eq!(state.pull_date_rescan_duration.as_deref(), pulled);
        assert!(state.updated_at.is_some());
    }
    let of_another = UpdateConfigurationRequest {
        account_id: Some("111111111111".to_owned()),
        ..update("LIFETIME", None)
    };
    let refused = it.service.update_configuration(&by, of_another).await;
    assert_eq!(refused.unwrap_err().code, "AccessDeniedException");
}

#[tokio::test]
async fn filters_suppress_findings_as_long_as_they_are_there() {
    let it = home();
    it.images.add("a", 3);
    let low = FilterCriteria {
        severity: equals("LOW"),
        ..Default::default()
    };
    let status = |word| FilterCriteria {
        finding_status: equals(word),
        ..Default::default()
    };
    it.make("seen", "NONE", low.clone()).await.unwrap();
    assert_eq!(it.fitting(status("SUPPRESSED")).await, [""; 0]);
    let arn = it.make("quiet", "SUPPRESS", low.clone()).await.unwrap();
    assert!(
        arn.starts_with("arn:aws:inspector2:us-east-1:000000000000:owner/000000000000/filter/"),
        "{arn}"
    );
    assert_eq!(it.fitting(status("SUPPRESSED")).await, ["a-02"]);
    assert_eq!(it.fitting(status("ACTIVE")).await, ["a-00", "a-01"]);
    let twice = it.make("quiet", "SUPPRESS", low).await.unwrap_err();
    assert_eq!(twice.code, "BadRequestException");

    let update = |name: &str, severity: &str| UpdateFilterRequest {
        filter_arn: Some(arn.clone()),
        name: Some(name.to_owned()),
        filter_criteria: Some(FilterCriteria {
            severity: equals(severity),
            ..Default::default()
        }),
        ..Default::default()
    };
    it.service
        .update_filter(&call(), update("quiet", "HIGH"))
        .await
        .unwrap();
    assert_eq!(it.fitting(status("SUPPRESSED")).await, ["a-01"]);
    let taken = it
        .service
        .update_filter(&call(), update("seen", "HIGH"))
        .await;
    assert_eq!(taken.unwrap_err().code, "BadRequestException");

    let list = |action: Option<&str>| ListFiltersRequest {
        action: action.map(str::to_owned),
        ..Default::default()
    };
    let all = it.service.list_filters(&call(), list(None)).await.unwrap();
    assert_eq!(all.filters.unwrap().len(), 2);
    let listed = it
        .service
        .list_filters(&call(), list(Some("SUPPRESS")))
        .await
        .unwrap();
    let shown = &listed.filters.unwrap()[0];
    assert_eq!(
        (shown.name.as_deref(), shown.arn.as_ref()),
        (Some("quiet"), Some(&arn))
    );
    assert_eq!(shown.criteria.as_ref().unwrap().severity, equals("HIGH"));

    let more = TagResourceRequest {
        resource_arn: Some(arn.clone()),
        tags: Some([("stage".to_owned(), "prod".to_owned())].into()),
    };
    it.service.tag_resource(&call(), more).await.unwrap();
    let gone = UntagResourceRequest {
        resource_arn: Some(arn.clone()),
        tag_keys: Some(vec!["team".to_owned()]),
    };
    it.service.untag_resource(&call(), gone).await.unwrap();
    let of = || ListTagsForResourceRequest {
        resource_arn: Some(arn.clone()),
    };
    let tags = it
        .service
        .list_tags_for_resource(&call(), of())
        .await
        .unwrap()
        .tags;
    assert_eq!(tags, Some([("stage".to_owned(), "prod".to_owned())].into()));

    let delete = || DeleteFilterRequest {
        arn: Some(arn.clone()),
    };
    it.service.delete_filter(&call(), delete()).await.unwrap();
    assert_eq!(it.fitting(status("SUPPRESSED")).await, [""; 0]);
    let again = it
        .service
        .delete_filter(&call(), delete())
        .await
        .unwrap_err();
    assert_eq!(again.code, "ResourceNotFoundException");
    let gone = it.service.list_tags_for_resource(&call(), of()).await;
    assert_eq!(gone.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn coverage_is_what_is_scanned() {
    let it = home();
    for name in ["a", "b", "c"] {
        it.images.add(name, 1);
    }
    it.images.images.lock()[1].0.status = "UNSUPPORTED_IMAGE";
    let page = |token| ListCoverageRequest {
        max_results: Some(2),
        next_token: token,
        ..Default::default()
    };
    let first = it.service.list_coverage(&call(), page(None)).await.unwrap();
    let rest = it
        .service
        .list_coverage(&call(), page(first.next_token))
        .await
        .unwrap();
    assert_eq!(
        (first.covered_resources.unwrap().len(), rest.next_token),
        (2, None)
    );
    assert_eq!(rest.covered_resources.unwrap().len(), 1);
    let statistics = ListCoverageStatisticsRequest {
        group_by: Some("SCAN_STATUS_CODE".to_owned()),
        ..Default::default()
    };
    let counted = it
        .service
        .list_coverage_statistics(&call(), statistics)
        .await
        .unwrap();
    let mut counts: Vec<_> = counted
        .counts_by_group
        .unwrap()
        .into_iter()
        .map(|it| it.count)
        .collect();
    counts.sort();
    assert_eq!(
        (counted.total_counts, counts),
        (Some(3), vec![Some(1), Some(2)])
    );
}

#[tokio::test]
async fn accounts_are_switched_by_themselves() {
    let it = home();
    let enable = |kinds: &[&str], accounts: &[&str]| EnableRequest {
        resource_types: Some(kinds.iter().map(|it| (*it).to_owned()).collect()),
        account_ids: Some(accounts.iter().map(|it| (*it).to_owned()).collect()),
        client_token: None,
    };
    let refused = it
        .service
        .enable(&call(), enable(&["ECR", "EC2"], &[]))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "ValidationException");
    assert!(!*it.images.on.lock());
    let other = "111111111111";
    let done = it
        .service
        .enable(&call(), enable(&["ECR"], &[other]))
        .await
        .unwrap();
    assert_eq!(done.accounts, Some(Vec::new()));
    assert_eq!(
        done.failed_accounts.unwrap()[0].account_id.as_deref(),
        Some(other)
    );
    assert!(!*it.images.on.lock());
    it.service
        .enable(&call(), enable(&["ECR"], &[]))
        .await
        .unwrap();
    let status = it
        .service
        .batch_get_account_status(&call(), Default::default())
        .await
        .unwrap();
    let state = status.accounts.unwrap()[0].resource_state.clone().unwrap();
    assert_eq!(state.ecr.unwrap().status.as_deref(), Some("ENABLED"));
    assert_eq!(state.ec2.unwrap().status.as_deref(), Some("DISABLED"));
    it.service
        .disable(&call(), Default::default())
        .await
        .unwrap();
    assert!(!*it.images.on.lock());
    let permissions = it
        .service
        .list_account_permissions(&call(), Default::default())
        .await
        .unwrap();
    assert_eq!(permissions.permissions.unwrap().len(), 4);
}

#[tokio::test]
async fn scans_are_what_is_used() {
    let home = home();
    home.images.add("a", 0);
    let ask = async |accounts: &[&str], token: Option<&str>| {
        let account_ids = accounts.iter().map(|it| (*it).to_owned()).collect();
        let input = ListUsageTotalsRequest {
            account_ids: Some(account_ids).filter(|it: &Vec<_>| !it.is_empty()),
            next_token: token.map(str::to_owned),
            max_results: None,
        };
        home.service.list_usage_totals(&call(), input).await
    };
    let totals = ask(&[], None).await.unwrap().totals.unwrap();
    let usage = totals[0].usage.as_ref().unwrap();
    let usage: Vec<_> = usage
        .iter()
        .map(|it| (it.type_.as_deref(), it.total))
        .collect();
    assert_eq!(
        usage,
        [
            (Some("ECR_INITIAL_SCAN"), Some(1.0)),
            (Some("ECR_RESCAN"), Some(7.0))
        ]
    );
    assert_eq!(
        ask(&["000000000000"], None)
            .await
            .unwrap()
            .totals
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        ask(&["111111111111"], None)
            .await
            .unwrap()
            .totals
            .unwrap()
            .len(),
        0
    );
    let odd = ask(&[], Some("x")).await.unwrap_err();
    assert_eq!(odd.code, "ValidationException");
}

#[tokio::test]
async fn details_of_findings() {
    let home = home();
    home.images.add("a", 3);
    home.images.add("b", 1200);
    let get = async |arns: &[&str]| {
        let finding_arns = Some(arns.iter().map(|it| (*it).to_owned()).collect());
        let input = BatchGetFindingDetailsRequest { finding_arns };
        let answer = home
            .service
            .batch_get_finding_details(&call(), input)
            .await
            .unwrap();
        let found = answer.finding_details.unwrap().into_iter();
        let errors = answer.errors.unwrap().into_iter();
        let errors = errors.map(|it| (it.finding_arn.unwrap(), it.error_code.unwrap()));
        (
            found.map(|it| it.finding_arn.unwrap()).collect::<Vec<_>>(),
            errors.collect::<Vec<_>>(),
        )
    };
    let (found, errors) = get(&["b-1100", "a-01", "c-00"]).await;
    assert_eq!(found, ["b-1100", "a-01"]);
    assert_eq!(
        errors,
        [("c-00".to_owned(), "FINDING_DETAILS_NOT_FOUND".to_owned())]
    );
    assert_eq!(get(&[]).await, (vec![], vec![]));
}

#[tokio::test]
async fn clusters_come_page_by_page() {
    let (it, by) = (home(), call());
    let asked = |arn: &str, token: Option<String>| GetClustersForImageRequest {
        filter: Some(ClusterForImageFilterCriteria {
            resource_id: Some(arn.to_owned()),
        }),
        max_results: Some(2),
        next_token: token,
    };
    let arn = "arn:aws:ecr:us-east-1:000000000000:repository/team/app";
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let page = it.service.get_clusters_for_image(&by, asked(arn, token));
        let page = page.await.unwrap();
        let clusters = page.cluster.unwrap();
        assert!(clusters.len() <= 2);
        found.extend(clusters.into_iter().filter_map(|it| it.cluster_arn));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let names: Vec<&str> = found.iter().filter_map(|it| it.split('/').nth(1)).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    // Those of others are not the caller's to ask for.
    for other in [
        "arn:aws:ecr:us-east-1:111111111111:repository/app",
        "arn:aws:ecr:eu-west-1:000000000000:repository/app",
        "app",
    ] {
        let refused = it.service.get_clusters_for_image(&by, asked(other, None));
        assert_eq!(refused.await.unwrap_err().code, "ValidationException");
    }
}

#[tokio::test]
async fn vulnerabilities_are_found_by_their_names() {
    let (it, by) = (home(), call());
    let search = async |id: &str| {
        let input = SearchVulnerabilitiesRequest {
            filter_criteria: Some(SearchVulnerabilitiesFilterCriteria {
                vulnerability_ids: Some(vec![id.to_owned()]),
            }),
            next_token: None,
        };
        let found = it.service.search_vulnerabilities(&by, input).await.unwrap();
        let found = found.vulnerabilities.unwrap().into_iter();
        found
            .map(|it| it.description.unwrap())
            .collect::<Vec<String>>()
    };
    assert_eq!(search("CVE-2024-1").await, ["a summary"]);
    assert_eq!(search("CVE-2024-2").await, [""; 0]);
}

#[tokio::test]
async fn criteria_of_all_filters_have_a_bound_together() {
    let it = home();
    // About a hundred kilobytes each.
    let long = |letter: &str| {
        let of = |member: usize| StringFilter {
            comparison: Some("EQUALS".to_owned()),
            value: Some(format!("{member}{}", letter.repeat(1000))),
        };
        let ten = || Some((0..10).map(of).collect::<Vec<_>>());
        FilterCriteria {
            finding_arn: ten(),
            title: ten(),
            severity: ten(),
            resource_id: ten(),
            resource_type: ten(),
            vulnerability_id: ten(),
            vendor_severity: ten(),
            ecr_image_hash: ten(),
            ecr_image_tags: ten(),
            ecr_image_registry: ten(),
            ..Default::default()
        }
    };
    let mut made = Vec::new();
    let refused = loop {
        let name = format!("f{}", made.len());
        match it.make(&name, "NONE", long("a")).await {
            Ok(arn) => made.push(arn),
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.code, "ValidationException");
    assert!(refused.message.contains("together"), "{refused:?}");
    assert!((8..11).contains(&made.len()), "{}", made.len());
    // In the place of its own there is room for as much.
    let update = |criteria| UpdateFilterRequest {
        filter_arn: Some(made[0].clone()),
        filter_criteria: Some(criteria),
        ..Default::default()
    };
    let same = it.service.update_filter(&call(), update(long("b"))).await;
    assert!(same.is_ok(), "{same:?}");
    let more = FilterCriteria {
        ecr_image_repository_name: long("c").title,
        related_vulnerabilities: long("c").title,
        finding_type: long("c").title,
        vulnerability_source: long("c").title,
        aws_account_id: long("c").title,
        finding_status: long("c").title,
        fix_available: long("c").title,
        exploit_available: long("c").title,
        ..long("c")
    };
    let more = it.service.update_filter(&call(), update(more)).await;
    assert_eq!(more.unwrap_err().code, "ValidationException");
}
