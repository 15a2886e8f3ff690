use super::*;

/// A finding in an image of a repository, of packages each in a layer of its name.
fn finding(
    repository: &str,
    image: &str,
    title: &str,
    severity: &str,
    packages: &[&str],
) -> Finding {
    let package = |name: &&str| VulnerablePackage {
        name: Some((*name).to_owned()),
        source_layer_hash: Some(format!("layer of {name}")),
        ..VulnerablePackage::default()
    };
    Finding {
        title: Some(title.to_owned()),
        severity: Some(severity.to_owned()),
        status: Some("ACTIVE".to_owned()),
        fix_available: Some("YES".to_owned()),
        package_vulnerability_details: Some(PackageVulnerabilityDetails {
            vulnerable_packages: Some(packages.iter().map(package).collect()),
            ..PackageVulnerabilityDetails::default()
        }),
        resources: Some(vec![Resource {
            id: Some(format!("{repository}/{image}")),
            details: Some(ResourceDetails {
                aws_ecr_container_image: Some(AwsEcrContainerImageDetails {
                    repository_name: Some(repository.to_owned()),
                    image_hash: Some(image.to_owned()),
                    image_tags: Some(vec![format!("tag of {image}")]),
                    ..AwsEcrContainerImageDetails::default()
                }),
                ..ResourceDetails::default()
            }),
            ..Resource::default()
        }]),
        ..Finding::default()
    }
}

fn findings() -> Vec<Finding> {
    let mut suppressed = finding("web", "1", "d", "CRITICAL", &["zlib"]);
    suppressed.status = Some("SUPPRESSED".to_owned());
    vec![
        finding("api", "1", "a", "HIGH", &["libssl", "openssl"]),
        finding("api", "1", "b", "LOW", &["zlib"]),
        finding("api", "2", "a", "HIGH", &["openssl"]),
        finding("web", "1", "c", "CRITICAL", &["openssl", "openssl"]),
        suppressed,
    ]
}

fn counted(input: ListFindingAggregationsRequest) -> Vec<AggregationResponse> {
    let mut counted = Counted::new(read(&input).unwrap());
    for finding in findings() {
        counted.add(&finding).unwrap();
    }
    counted.shown("000000000000")
}

fn of(kind: &str, request: AggregationRequest) -> ListFindingAggregationsRequest {
    ListFindingAggregationsRequest {
        aggregation_type: Some(kind.to_owned()),
        aggregation_request: Some(request),
        ..ListFindingAggregationsRequest::default()
    }
}

fn is(value: &str) -> Option<Vec<StringFilter>> {
    Some(vec![StringFilter {
        comparison: Some("EQUALS".to_owned()),
        value: Some(value.to_owned()),
    }])
}

#[test]
fn repositories_come_by_their_counts_and_with_their_images() {
    let shown = counted(of("REPOSITORY", AggregationRequest::default()));
    let rows: Vec<_> = shown
        .into_iter()
        .map(|it| it.repository_aggregation.unwrap())
        .map(|it| {
            let counts = it.severity_counts.unwrap();
            (
                it.repository.unwrap(),
                counts.all,
                counts.high,
                it.affected_images,
            )
        })
        .collect();
    let expected = [
        ("api".to_owned(), Some(3), Some(2), Some(2)),
        ("web".to_owned(), Some(1), None, Some(1)),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn a_finding_counts_once_for_each_of_its_packages() {
    let by_critical = AggregationRequest {
        package_aggregation: Some(PackageAggregation {
            sort_by: Some("CRITICAL".to_owned()),
            ..PackageAggregation::default()
        }),
        ..AggregationRequest::default()
    };
    let shown = counted(of("PACKAGE", by_critical));
    let rows: Vec<_> = shown
        .into_iter()
        .map(|it| it.package_aggregation.unwrap())
        .map(|it| (it.package_name.unwrap(), it.severity_counts.unwrap().all))
        .collect();
    let expected = [("openssl", 3), ("libssl", 1), ("zlib", 1)];
    assert_eq!(
        rows,
        expected.map(|(name, all)| (name.to_owned(), Some(all)))
    );
}

#[test]
fn filters_are_heeded_and_the_smallest_may_come_first() {
    let of_api = AggregationRequest {
        image_layer_aggregation: Some(ImageLayerAggregation {
            repositories: is("api"),
            sort_order: Some("ASC".to_owned()),
            ..ImageLayerAggregation::default()
        }),
        ..AggregationRequest::default()
    };
    let shown = counted(of("IMAGE_LAYER", of_api));
    let rows: Vec<_> = shown
        .into_iter()
        .map(|it| it.image_layer_aggregation.unwrap())
        .map(|it| (it.resource_id.unwrap(), it.layer_hash.unwrap()))
        .collect();
    let expected = [
        ("api/1", "layer of libssl"),
        ("api/1", "layer of openssl"),
        ("api/1", "layer of zlib"),
        ("api/2", "layer of openssl"),
    ];
    assert_eq!(
        rows,
        expected.map(|(image, layer)| (image.to_owned(), layer.to_owned()))
    );
    let tagged = AggregationRequest {
        aws_ecr_container_aggregation: Some(AwsEcrContainerAggregation {
            image_tags: is("tag of 2"),
            ..AwsEcrContainerAggregation::default()
        }),
        ..AggregationRequest::default()
    };
    let shown = counted(of("AWS_ECR_CONTAINER", tagged));
    assert_eq!(shown.len(), 1);
    let image = shown[0].aws_ecr_container_aggregation.clone().unwrap();
    assert_eq!(image.image_sha.as_deref(), Some("2"));
}

#[test]
fn all_of_an_account_is_one_group() {
    for kind in ["ACCOUNT", "FINDING_TYPE"] {
        let shown = counted(of(kind, AggregationRequest::default()));
        assert_eq!(shown.len(), 1, "{kind}");
        let account = shown[0].account_aggregation.as_ref();
        let fixable = account.map(|it| it.fix_available_count);
        let of_type = shown[0].finding_type_aggregation.as_ref();
        let fixable = fixable.or(of_type.map(|it| it.fix_available_count));
        assert_eq!(fixable, Some(Some(4)), "{kind}");
    }
    let other = AggregationRequest {
        account_aggregation: Some(AccountAggregation {
            finding_type: Some("NETWORK_REACHABILITY".to_owned()),
            ..AccountAggregation::default()
        }),
        ..AggregationRequest::default()
    };
    assert_eq!(counted(of("ACCOUNT", other)), Vec::new());
}

#[test]
fn what_does_not_fit_the_type_is_refused() {
    let of_titles = AggregationRequest {
        title_aggregation: Some(TitleAggregation::default()),
        ..AggregationRequest::default()
    };
    assert!(read(&of("TITLE", of_titles.clone())).is_ok());
    assert!(read(&of("PACKAGE", of_titles)).is_err());
    let ami = read(&of("AMI", AggregationRequest::default()));
    assert!(ami.unwrap_err().message.contains("AMI"));
}
