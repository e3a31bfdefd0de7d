//! Whether a connection works: a ladder of probes, from the name of the server to the bucket or database.
//!
//! How a type is tested is data: `[probe]` in `host/types` names the protocol, and each protocol is one file here. All of them climb with a
//! `Climber`, through which every step to the network goes: an address is checked after it was resolved, and what was checked is what
//! is dialed; no redirect is followed; what is read is bounded; and what a server says is scrubbed of the connection's secrets before it is
//! written down. Nothing is created, changed or read but the answer that proves a rung.

mod azure;
mod certificate;
mod climber;
mod dial;
mod google;
mod http;
mod jwt;
mod kafka;
mod ladder;
mod mongodb;
mod mysql;
mod oci;
mod postgresql;
mod s3;
mod search;
mod sigv4;
mod snowflake;
mod tds;
mod tls;
mod tns;
mod uri;

use std::time::{Duration, Instant};

use climber::Climber;
use ladder::Climb;
pub use tls::Authorities;

use crate::consumers::{Opened, Values};
use crate::model::types::{Probe, ProbeProtocol};
use crate::model::{Rung, TestReport};

/// Tests a connection for at most this long. `authorities` are those of the system, which are read when a certificate is first checked.
pub async fn test(opened: Opened<'_>, limit: Duration, authorities: &Authorities) -> TestReport {
    let began = Instant::now();
    let values = Values::new(opened);
    let Some(probe) = values.schema.and_then(|schema| schema.probe.as_ref()) else {
        let type_name = &opened.connection.type_name;
        let message = format!("there is no test for connections of type `{type_name}`");
        return TestReport::not_testable(Rung::Protocol, message);
    };
    let mut climber = Climber::new(values, opened.secrets, probe, authorities);
    let ended = tokio::time::timeout(limit, climb(&mut climber, probe)).await;
    if ended.is_err() {
        climber.ladder.run_out(limit);
    }
    TestReport { steps: climber.ladder.steps(), elapsed: began.elapsed() }
}

async fn climb(climber: &mut Climber<'_>, probe: &Probe) -> Climb<()> {
    match probe.protocol {
        ProbeProtocol::S3 => s3::climb(climber).await,
        ProbeProtocol::Gcs => google::climb_gcs(climber).await,
        ProbeProtocol::Bigquery => google::climb_bigquery(climber).await,
        ProbeProtocol::AzureStorage => azure::climb(climber).await,
        ProbeProtocol::Postgresql => postgresql::climb(climber).await,
        ProbeProtocol::Mysql => mysql::climb(climber).await,
        ProbeProtocol::Tds => tds::climb(climber).await,
        ProbeProtocol::Tns => tns::climb(climber).await,
        ProbeProtocol::Mongodb => mongodb::climb(climber).await,
        ProbeProtocol::Kafka => kafka::climb(climber).await,
        ProbeProtocol::Search => search::climb(climber).await,
        ProbeProtocol::Snowflake => snowflake::climb(climber).await,
        ProbeProtocol::OciRegistry => oci::climb(climber).await,
        ProbeProtocol::Http => uri::climb(climber).await,
    }
}
