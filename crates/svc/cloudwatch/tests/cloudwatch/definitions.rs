//! Queries that are kept: one of a path, and no more than there may be.

use wharf_api_cloudwatch::{
    Cloudwatch as _, DeleteMetricDataQueryDefinitionInput, GetMetricDataQueryDefinitionInput,
    PutMetricDataQueryDefinitionInput,
};
use wharf_testkit::refused;
use wharf_wire::Fault;

use crate::home::Home;

async fn put(home: &Home, path: &str, id: Option<&str>) -> Result<String, Fault> {
    let input = PutMetricDataQueryDefinitionInput {
        path: Some(path.to_owned()),
        type_: Some("SQL".to_owned()),
        expression: Some("SELECT MAX(CPU) FROM App".to_owned()),
        id: id.map(str::to_owned),
        ..PutMetricDataQueryDefinitionInput::default()
    };
    let (service, call) = (&home.service, home.call());
    let made = service.put_metric_data_query_definition(&call, input);
    Ok(made.await?.id.unwrap())
}

async fn delete(home: &Home, id: &str) {
    let input = DeleteMetricDataQueryDefinitionInput {
        id: Some(id.to_owned()),
    };
    let (service, call) = (&home.service, home.call());
    let gone = service.delete_metric_data_query_definition(&call, input);
    gone.await.unwrap();
}

fn taken(path: &str) -> String {
    format!("A query definition with the path {path} already exists.")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_that_of_one_definition() {
    let home = Home::start();
    // Whoever comes first has it, also of many at once.
    let put_it = || put(&home, "a/one", None);
    let all = tokio::join!(put_it(), put_it(), put_it());
    let all = [all.0, all.1, all.2].into_iter();
    let (made, not): (Vec<_>, Vec<_>) = all.partition(Result::is_ok);
    assert_eq!((made.len(), not.len()), (1, 2));
    let one = made.into_iter().next().unwrap().unwrap();
    for it in not {
        refused(it, "ConflictException", &taken("a/one"));
    }
    assert_eq!(put(&home, "a/one", Some(&one)).await.unwrap(), one);
    let two = put(&home, "a/two", None).await.unwrap();
    let renamed = put(&home, "a/two", Some(&one)).await;
    refused(renamed, "ConflictException", &taken("a/two"));
    // A path that is left is free, whoever had it.
    put(&home, "a/three", Some(&one)).await.unwrap();
    let again = put(&home, "a/one", None).await.unwrap();
    delete(&home, &two).await;
    put(&home, "a/two", Some(&again)).await.unwrap();
    put(&home, "a/one", None).await.unwrap();
    delete(&home, &one).await;
    put(&home, "a/three", None).await.unwrap();
    let input = GetMetricDataQueryDefinitionInput {
        id: Some(again.clone()),
    };
    let (service, call) = (&home.service, home.call());
    let got = service.get_metric_data_query_definition(&call, input);
    assert_eq!(got.await.unwrap().path.as_deref(), Some("a/two"));
}

#[tokio::test]
async fn an_account_has_so_many() {
    let home = Home::start();
    for it in 0..1000 {
        put(&home, &format!("{it}"), None).await.unwrap();
    }
    let one_more = put(&home, "more", None).await;
    let text = "The account has the most query definitions that it may have: 1000.";
    refused(one_more, "LimitExceededException", text);
}
