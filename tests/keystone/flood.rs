//! A flood of tokens that were never issued, and what of it reaches Keystone.

use futures::{StreamExt, stream};
use testkit::fixture::members;

use crate::cloud::Cloud;

const TOKENS: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_garbage_reaches_keystone_once_for_each_token() {
    let cloud = Cloud::start().await;
    // Slower than the default allows: what is counted here are questions, not seconds.
    let server = cloud
        .server(|config| config.keystone.deadline_seconds = 60)
        .await;
    let path = members(&cloud.alice.id, 1);
    let (server, path) = (&server, path.as_str());
    // Each token comes twice at once, and once more after that: the time of the server stands still.
    let flood = async || {
        let calls = stream::iter(0..2 * TOKENS).map(|n| async move {
            let refused = server.get(path, &format!("garbage-{}", n / 2)).await;
            assert_eq!(refused.error(), (401, "APIGW.0301".into()), "{refused:?}");
        });
        calls.buffer_unordered(64).collect::<Vec<_>>().await;
    };
    flood().await;
    flood().await;
    let questions = cloud.questions();
    let most = questions.values().max().copied().unwrap_or_default();
    println!(
        "{} requests with {TOKENS} tokens: {} questions, {most} at most about one token",
        4 * TOKENS,
        questions.values().sum::<usize>()
    );
    assert_eq!((questions.len(), most), (TOKENS, 1));
}
