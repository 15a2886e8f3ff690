//! The services that a node knew last, on disk: by them it answers for the names of its cluster after a restart, until the API server
//! says what there is. Only answers come from there; rules of the kernel outlive the agent by themselves.

use std::{io, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use wharf_durable::{self as durable, Durability};
use wharf_kube_services::{Book, Services, Written};

/// Of the file, in bytes: tens of thousands of services, or hundreds of thousands of endpoints.
const LIMIT: u64 = 64 << 20;
/// Between writes: what changes meanwhile is written together.
const PAUSE: Duration = Duration::from_secs(5);
/// A write that takes long is followed by a pause of as many times its length.
const REST: u32 = 20;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// The cluster's, as the node was given it: another cluster says nothing of this one's names.
    endpoint: String,
    book: Written,
}

/// The file of one node.
#[derive(Debug, Clone)]
pub struct KnownServices {
    path: PathBuf,
    endpoint: String,
}

impl KnownServices {
    pub fn new(path: PathBuf, endpoint: &str) -> Self {
        Self {
            path,
            endpoint: endpoint.to_owned(),
        }
    }

    /// Those of the last agent; none where there is no file of this cluster that can be read.
    pub async fn load(&self) -> Book {
        let it = self.clone();
        let read = spawn_blocking(move || it.read()).await;
        let read = read.unwrap_or_else(|e| Err(io::Error::other(e)));
        read.unwrap_or_else(|error| {
            tracing::warn!(
                path = %self.path.display(),
                %error,
                "failed to read the services that a node knew; until the API server answers, names of its cluster are not resolved"
            );
            Book::default()
        })
    }

    fn read(&self) -> io::Result<Book> {
        match durable::read_json::<Kept>(&self.path, LIMIT)? {
            None => Ok(Book::default()),
            Some(kept) if kept.endpoint == self.endpoint => Ok(kept.book.into()),
            Some(_) => {
                let foreign = "it is another cluster's";
                Err(io::Error::new(io::ErrorKind::InvalidData, foreign))
            }
        }
    }

    /// Writes down what becomes known until `stop`. Once this ends nothing is being written any more.
    pub async fn keep(self, services: Services, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => return,
            () = services.synced() => {}
        }
        // Before the book is read, so that nothing falls between the two.
        let reader = services.reader();
        let mut has_failed = false;
        loop {
            let began = Instant::now();
            let book = services.book().written();
            let saved = self.save(book).await;
            if let Err(error) = &saved
                && !has_failed
            {
                tracing::warn!(
                    path = %self.path.display(),
                    %error,
                    "failed to keep the services that a node knows; a restarted agent may answer for its cluster by older ones"
                );
            }
            has_failed = saved.is_err();
            let pause = PAUSE.max(began.elapsed() * REST);
            let changed = async {
                sleep(pause).await;
                reader.changed(usize::MAX).await
            };
            tokio::select! {
                () = stop.cancelled() => return,
                _ = changed => {}
            }
        }
    }

    async fn save(&self, book: Written) -> io::Result<()> {
        let it = self.clone();
        let saved = spawn_blocking(move || it.write(book)).await;
        saved.unwrap_or_else(|e| Err(io::Error::other(e)))
    }

    fn write(&self, book: Written) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            durable::private_folder(folder)?;
        }
        let endpoint = self.endpoint.clone();
        let bytes = serde_json::to_vec(&Kept { endpoint, book })?;
        if bytes.len() as u64 > LIMIT {
            // What is there already would only become older.
            durable::remove(&self.path)?;
            return Err(io::Error::other("there are too many of them"));
        }
        // What a loss of power leaves of it is as good as none.
        durable::replace(&self.path, &bytes, Durability::Process)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use serde_json::{Value, json};
    use wharf_kube_client::{fake::Fake, kind};
    use wharf_kube_services::Name;

    use super::*;

    const HERE: &str = "https://one.example:443";

    fn service(name: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"namespace": "a", "name": name}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]},
        })
    }

    fn has(book: &Book, name: &str) -> bool {
        book.get(&Name::new("a", name)).is_some()
    }

    #[tokio::test]
    async fn what_a_node_knows_is_there_for_the_next_agent_until_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("book/i-1.json");
        let known = KnownServices::new(path.clone(), HERE);
        let (server, stop) = (Fake::new(), CancellationToken::new());
        let client = server.client();
        let made = client.create(&kind::SERVICE, "a", &service("s")).await;
        made.unwrap();
        let services = Services::start(client, &stop);
        let keeping = tokio::spawn(known.clone().keep(services, stop.clone()));
        while !path.exists() {
            sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
        keeping.await.unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let book = known.load().await;
        assert!(has(&book, "s") && !has(&book, "t"));

        durable::remove(&path).unwrap();
        assert!(!has(&known.load().await, "s"));
    }

    #[tokio::test]
    async fn a_file_of_a_later_version_opens_and_a_torn_or_foreign_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("i-1.json");
        let known = KnownServices::new(path.clone(), HERE);
        let mut book = Book::default();
        book.put_service(&service("s"));
        known.save(book.written()).await.unwrap();
        let mut kept: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        kept["later"] = json!({"a": 1});
        kept["book"]["later"] = json!([1]);
        kept["book"]["services"][0]["later"] = json!("x");
        let whole = kept.to_string();
        fs::write(&path, &whole).unwrap();
        assert!(has(&known.load().await, "s"));

        let other = KnownServices::new(path.clone(), "https://two.example:443");
        assert!(!has(&other.load().await, "s"));
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(!has(&known.load().await, "s"));
    }
}
