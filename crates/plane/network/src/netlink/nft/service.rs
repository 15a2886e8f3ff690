//! Maps of services: from where one is called to what it leads to.

use std::net::SocketAddrV4;

use super::{
    Attrs, Batch, CREATE, DELETE_ELEMENTS, GOTO, JUMP, NEW_ELEMENTS, NEW_SET, SET_IS_DYNAMIC,
    SET_IS_MAP, SET_TIMES_OUT, ServiceKey, TYPE_IPV4, TYPE_MARK, TYPE_PROTOCOL, TYPE_SERVICE,
    TYPE_VERDICT, key_element, service_element, service_key, value,
};

/// One of the places of a service.
pub(crate) type Place = (ServiceKey, u32);

const TYPE_CALLED: u32 = TYPE_IPV4 << 12 | TYPE_PROTOCOL << 6 | TYPE_SERVICE;
const TYPE_ENDPOINT: u32 = TYPE_IPV4 << 6 | TYPE_SERVICE;

impl Batch<'_> {
    /// `map <name> { type ipv4_addr . inet_proto . inet_service : verdict }`
    pub(crate) fn service_map(&mut self, name: &str) {
        self.new_set(name, (TYPE_CALLED, 12), Some((TYPE_VERDICT, 0)));
    }

    /// `map <name> { type ipv4_addr . inet_proto . inet_service . mark : ipv4_addr . inet_service }`: each place of what is called leads
    /// somewhere.
    pub(crate) fn endpoint_map(&mut self, name: &str) {
        let key = (TYPE_CALLED << 6 | TYPE_MARK, 16);
        self.new_set(name, key, Some((TYPE_ENDPOINT, 8)));
    }

    /// `map <name> { type ipv4_addr . inet_proto . inet_service . ipv4_addr : ipv4_addr . inet_service; size <size>;
    /// flags dynamic,timeout }`: where a client of a service was.
    pub(crate) fn client_map(&mut self, name: &str, size: u32) {
        self.sets += 1;
        let attrs = self
            .of(2, name)
            .be32(3, SET_IS_MAP | SET_TIMES_OUT | SET_IS_DYNAMIC)
            .be32(4, TYPE_CALLED << 6 | TYPE_IPV4)
            .be32(5, 16)
            .be32(6, TYPE_ENDPOINT)
            .be32(7, 8)
            .nest(9, Attrs::new().be32(1, size))
            .be32(10, self.sets);
        self.push(NEW_SET, CREATE, attrs);
    }

    /// `set <name> { type ipv4_addr . inet_proto . inet_service . ipv4_addr . inet_service }`
    pub(crate) fn kept_set(&mut self, name: &str) {
        self.new_set(name, (TYPE_CALLED << 12 | TYPE_ENDPOINT, 20), None);
    }

    /// `address . protocol . port : goto chain`
    pub(crate) fn add_services(
        &mut self,
        map: &str,
        entries: impl IntoIterator<Item = (ServiceKey, String)>,
    ) {
        let elements = entries.into_iter().map(|it| verdict_element(it, GOTO));
        self.elements(NEW_ELEMENTS, CREATE, map, elements);
    }

    /// `address . protocol . port : jump chain`
    pub(crate) fn add_guards(
        &mut self,
        map: &str,
        entries: impl IntoIterator<Item = (ServiceKey, String)>,
    ) {
        let elements = entries.into_iter().map(|it| verdict_element(it, JUMP));
        self.elements(NEW_ELEMENTS, CREATE, map, elements);
    }

    /// Also removes guards.
    pub(crate) fn remove_services(
        &mut self,
        map: &str,
        keys: impl IntoIterator<Item = ServiceKey>,
    ) {
        let elements = keys.into_iter().map(service_element);
        self.elements(DELETE_ELEMENTS, 0, map, elements);
    }

    pub(crate) fn add_endpoints(
        &mut self,
        map: &str,
        places: impl IntoIterator<Item = (Place, SocketAddrV4)>,
    ) {
        let elements = places.into_iter().map(|(place, to)| {
            let mut data = [0; 8];
            data[..6].copy_from_slice(&endpoint(to));
            place_element(place).nest(2, value(&data))
        });
        self.elements(NEW_ELEMENTS, CREATE, map, elements);
    }

    pub(crate) fn remove_endpoints(&mut self, map: &str, places: impl IntoIterator<Item = Place>) {
        let elements = places.into_iter().map(place_element);
        self.elements(DELETE_ELEMENTS, 0, map, elements);
    }

    pub(crate) fn add_kept(
        &mut self,
        set: &str,
        all: impl IntoIterator<Item = (ServiceKey, SocketAddrV4)>,
    ) {
        let elements = all.into_iter().map(kept_element);
        self.elements(NEW_ELEMENTS, CREATE, set, elements);
    }

    pub(crate) fn remove_kept(
        &mut self,
        set: &str,
        all: impl IntoIterator<Item = (ServiceKey, SocketAddrV4)>,
    ) {
        let elements = all.into_iter().map(kept_element);
        self.elements(DELETE_ELEMENTS, 0, set, elements);
    }
}

fn verdict_element((key, chain): (ServiceKey, String), verdict: i32) -> Attrs {
    let verdict = Attrs::new()
        .be32(1, verdict.cast_unsigned())
        .text(2, &chain);
    service_element(key).nest(2, Attrs::new().nest(2, verdict))
}

fn endpoint(at: SocketAddrV4) -> [u8; 6] {
    let mut bytes = [0; 6];
    bytes[..4].copy_from_slice(&at.ip().octets());
    bytes[4..].copy_from_slice(&at.port().to_be_bytes());
    bytes
}

fn kept_element((called, to): (ServiceKey, SocketAddrV4)) -> Attrs {
    let mut key = [0; 20];
    key[..12].copy_from_slice(&service_key(called));
    key[12..18].copy_from_slice(&endpoint(to));
    key_element(&key)
}

/// Numbers that rules make are in the machine's own order.
fn place_element((called, place): Place) -> Attrs {
    let mut key = [0; 16];
    key[..12].copy_from_slice(&service_key(called));
    key[12..].copy_from_slice(&place.to_ne_bytes());
    key_element(&key)
}
