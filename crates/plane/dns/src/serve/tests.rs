use std::net;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket as Socket;
use wharf_planeproto::Resource;
use wharf_planeproto::network::{Interface, Vpc};

use super::*;

/// Answers `N.example.org` with N addresses, `long.example.org` with more than a datagram holds,
/// and nothing else; counts the questions.
async fn upstream(asked: Arc<AtomicUsize>) -> SocketAddr {
    let udp = Socket::bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(address).await.unwrap();
    let of_stream = asked.clone();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        loop {
            let (length, peer) = udp.recv_from(&mut buffer).await.unwrap();
            asked.fetch_add(1, Ordering::Relaxed);
            let answer = said(&buffer[..length]);
            let bytes = answer.to_vec().unwrap();
            let bytes = match bytes.len() {
                0..=1232 => bytes,
                _ => answer.truncate().to_vec().unwrap(),
            };
            udp.send_to(&bytes, peer).await.unwrap();
        }
    });
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = tcp.accept().await.unwrap();
            of_stream.fetch_add(1, Ordering::Relaxed);
            let length = stream.read_u16().await.unwrap();
            let mut question = vec![0; length.into()];
            stream.read_exact(&mut question).await.unwrap();
            let bytes = said(&question).to_vec().unwrap();
            stream.write_u16(bytes.len() as u16).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
        }
    });
    address
}

fn said(question: &[u8]) -> Message {
    let question = Message::from_vec(question).unwrap();
    let query = question.queries[0].clone();
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    let name = query.name().clone();
    let label = name.to_ascii();
    match label.strip_suffix(".example.org.") {
        Some("long") => {
            let text = RData::TXT(TXT::new(vec!["x".repeat(250); 8]));
            answer.add_answer(Record::from_rdata(name, 60, text));
        }
        Some(count) => {
            for last in 0..count.parse().unwrap_or(0_u8) {
                let data = RData::A(A::new(192, 0, 2, last));
                answer.add_answer(Record::from_rdata(name.clone(), 60, data));
            }
        }
        None => answer.metadata.response_code = ResponseCode::NXDomain,
    }
    answer.add_query(query);
    answer
}

struct Served {
    address: SocketAddr,
    running: TaskTracker,
    stop: CancellationToken,
}

fn serve(servers: Vec<SocketAddr>) -> Served {
    let names = Names::new("us-east-1", move || servers.clone());
    names.replace([
        Resource::Vpc(Vpc {
            id: "vpc-a".to_owned(),
            region: "us-east-1".to_owned(),
            cidrs: vec!["10.0.0.0/16".to_owned()],
            vni: 1,
            main_route_table: None,
            gateway: None,
            egress_only: None,
            ipv6_cidr: None,
            dns: true,
            network_acl: None,
        }),
        Resource::Interface(Interface {
            id: "eni-1".to_owned(),
            vpc: "vpc-a".to_owned(),
            subnet_cidr: String::new(),
            address: Ipv4Addr::new(10, 0, 0, 5),
            mac: String::new(),
            groups: Vec::new(),
            host: None,
            load_balancer: None,
            public: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
        }),
    ]);
    let udp = net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = udp.local_addr().unwrap();
    let tcp = net::TcpListener::bind(address).unwrap();
    udp.set_nonblocking(true).unwrap();
    tcp.set_nonblocking(true).unwrap();
    let (running, stop) = (TaskTracker::new(), CancellationToken::new());
    let scope = Scope::Vpc("vpc-a".to_owned());
    let sockets = ResolverSockets { scope, udp, tcp };
    names.serve(sockets, &running, &stop).unwrap();
    Served {
        address,
        running,
        stop,
    }
}

impl Served {
    async fn datagram(&self, name: &str, kind: RecordType) -> Message {
        let socket = Socket::bind("127.0.0.1:0").await.unwrap();
        let question = question(name, kind);
        socket.send_to(&question, self.address).await.unwrap();
        let mut buffer = [0; 4096];
        let received = timeout(IDLE, socket.recv_from(&mut buffer)).await.unwrap();
        Message::from_vec(&buffer[..received.unwrap().0]).unwrap()
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn end(self) {
        self.stop.cancel();
        self.running.close();
        timeout(IDLE, self.running.wait()).await.unwrap();
    }
}

fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message.to_vec().unwrap()
}

async fn ask_over(stream: &mut TcpStream, name: &str, kind: RecordType) -> io::Result<Message> {
    let question = question(name, kind);
    stream.write_u16(question.len() as u16).await?;
    stream.write_all(&question).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; length.into()];
    stream.read_exact(&mut answer).await?;
    Message::from_vec(&answer).map_err(io::Error::other)
}

const OWN: &str = "ip-10-0-0-5.ec2.internal.";
const NOBODY: &str = "ip-10-0-0-6.ec2.internal.";

#[tokio::test]
async fn own_names_and_those_of_the_world() {
    let asked = Arc::new(AtomicUsize::new(0));
    let served = serve(vec![upstream(asked.clone()).await]);
    let own = served.datagram(OWN, RecordType::A).await;
    assert_eq!(own.answers[0].data, RData::A(A::new(10, 0, 0, 5)));
    assert!(own.metadata.authoritative && own.metadata.recursion_available);
    let nobody = served.datagram(NOBODY, RecordType::A).await;
    assert_eq!(nobody.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(nobody.authorities.len(), 1, "how long that holds");
    assert_eq!(asked.load(Ordering::Relaxed), 0, "nobody else is asked");

    for _ in 0..3 {
        let world = served.datagram("3.example.org.", RecordType::A).await;
        assert_eq!(world.answers.len(), 3);
        assert!(!world.metadata.authoritative);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1, "the answer was kept");
    let nothing = served.datagram("0.example.org.", RecordType::A).await;
    assert_eq!(nothing.metadata.response_code, ResponseCode::NoError);
    assert!(nothing.answers.is_empty());
    let absent = served.datagram("example.net.", RecordType::A).await;
    assert_eq!(absent.metadata.response_code, ResponseCode::NXDomain);
    served.end().await;
}

#[tokio::test]
async fn long_answers_come_over_tcp() {
    let asked = Arc::new(AtomicUsize::new(0));
    let served = serve(vec![upstream(asked).await]);
    let cut = served.datagram("long.example.org.", RecordType::TXT).await;
    assert!(cut.metadata.truncation && cut.answers.is_empty());
    let mut stream = served.connect().await;
    for (name, kind) in [
        ("long.example.org.", RecordType::TXT),
        ("long.example.org.", RecordType::TXT),
        (OWN, RecordType::A),
    ] {
        let whole = ask_over(&mut stream, name, kind).await.unwrap();
        assert_eq!(whole.answers.len(), 1);
    }
    served.end().await;
}

#[tokio::test]
async fn without_a_name_server_the_world_fails_at_once() {
    let served = serve(Vec::new());
    let world = served.datagram("example.org.", RecordType::A).await;
    assert_eq!(world.metadata.response_code, ResponseCode::ServFail);
    let own = served.datagram(OWN, RecordType::A).await;
    assert_eq!(own.answers.len(), 1);
    served.end().await;
}

#[tokio::test]
async fn connections_are_counted_and_bounded() {
    let served = serve(Vec::new());
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = served.connect().await;
        ask_over(&mut stream, OWN, RecordType::A).await.unwrap();
        held.push(stream);
    }
    let mut one_more = served.connect().await;
    assert!(one_more.read_u16().await.is_err(), "closed at once");
    drop(held);
    // The ends of the others may still be on their way.
    loop {
        let mut stream = served.connect().await;
        if ask_over(&mut stream, OWN, RecordType::A).await.is_ok() {
            break;
        }
    }
    let mut too_long = served.connect().await;
    let _ = too_long.write_u16(u16::MAX).await;
    assert!(too_long.read_u16().await.is_err());
    served.end().await;
}
