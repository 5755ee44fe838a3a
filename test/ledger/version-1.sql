-- A ledger file as schema version 1 wrote it: two answered requests of the lab, the first with feedback.
BEGIN TRANSACTION;
CREATE TABLE balances (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    spent_nano INTEGER NOT NULL,
    reserved_nano INTEGER NOT NULL,
    unknown_calls INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "balances" VALUES('day','2026-11-22',74350,0,0);
INSERT INTO "balances" VALUES('request','738b1d87-9d0b-410d-a4dd-0346f07b3287',42950,0,0);
INSERT INTO "balances" VALUES('request','ab51b4ea-76ec-4e36-9674-f11f692a0cda',31400,0,0);
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    episode_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'released', 'lost')),
    reserved_nano INTEGER,
    cost_nano INTEGER,
    status TEXT,
    usage TEXT,
    provenance TEXT,
    served_model TEXT,
    scopes TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    settled_at_ms INTEGER,
    expires_at_ms INTEGER NOT NULL
  ) STRICT;
INSERT INTO "entries" VALUES(1,'ab51b4ea-76ec-4e36-9674-f11f692a0cda','abd6bcad-f5fc-47fb-b7ed-bcde3ad015c7','openai/gpt-5-nano','settled',3277700,31400,'completed','{"inputTokens":12,"outputTokens":77,"cacheReadTokens":0,"reasoningTokens":54}','{"source":"bundled","name":"@pydantic/genai-prices 0.1.8","asOf":"2026-09-23"}','gpt-5-nano','[["request","ab51b4ea-76ec-4e36-9674-f11f692a0cda"],["day","2026-11-22"]]',1795359848568,1795359848591,1795360508568);
INSERT INTO "entries" VALUES(2,'738b1d87-9d0b-410d-a4dd-0346f07b3287','c1720860-49ac-4063-a9cb-98ec0b5f34e2','openai/gpt-5-nano','settled',3277600,42950,'completed','{"inputTokens":11,"outputTokens":106,"cacheReadTokens":0,"reasoningTokens":86}','{"source":"bundled","name":"@pydantic/genai-prices 0.1.8","asOf":"2026-09-23"}','gpt-5-nano','[["request","738b1d87-9d0b-410d-a4dd-0346f07b3287"],["day","2026-11-22"]]',1795359848593,1795359848619,1795360508593);
CREATE TABLE episodes (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    started_at_ms INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
INSERT INTO "episodes" VALUES(1,'ab51b4ea-76ec-4e36-9674-f11f692a0cda',1795359848560,'{"id":"ab51b4ea-76ec-4e36-9674-f11f692a0cda","startedAt":"2026-11-22T15:04:08.560Z","lambda":0.3,"refusals":[],"steps":[{"decision":{"action":{"type":"call","calls":[{"model":"openai/gpt-5-nano"}]},"policy":"benchmark@1","estimates":[{"model":"openai/gpt-5-nano","success":0.9756621231366922,"costUsd":0.00043010000000000005,"utility":0.6889287898033589,"propensity":0.75},{"model":"mistral/mistral-small-2603","success":0.9733681988760918,"costUsd":0.0006458999999999999,"utility":0.5427681988760918,"propensity":0.25}],"propensity":0.75},"calls":[{"callId":"abd6bcad-f5fc-47fb-b7ed-bcde3ad015c7","model":"openai/gpt-5-nano","provider":"openai","status":"completed","cost":{"usd":0.0000314,"provenance":{"source":"bundled","name":"@pydantic/genai-prices 0.1.8","asOf":"2026-09-23"}},"reservedUsd":0.0032777,"attempts":1,"startedAtMs":1795359848567,"latencyMs":24,"firstTokenMs":23,"finishReason":"stop","servedModel":"gpt-5-nano","responseId":"chatcmpl-ea4fa321b133ff59309b6c3eafbea","usage":{"inputTokens":12,"outputTokens":77,"cacheReadTokens":0,"reasoningTokens":54}}],"decisionMs":1.7375759999999332}],"cost":{"usd":0.0000314,"provenance":{"source":"bundled","name":"@pydantic/genai-prices 0.1.8","asOf":"2026-09-23"}},"knownUsd":0.0000314,"costComplete":true,"usage":{"inputTokens":12,"outputTokens":77,"cacheReadTokens":0,"reasoningTokens":54},"latencyMs":31,"answerCallId":"abd6bcad-f5fc-47fb-b7ed-bcde3ad015c7","learning":{"features":{"version":1,"words":"twoBAKkMAQBEDQEAYQ8CACcRAQBpEQIAgRIBAMsTAQAQFQEAnBgBAK8bAQApHgEA","structure":[4.087462841250339,1.584962500721156,1,3,2.321928094887362,0.25,0.0625,0.125,0,1.584962500721156,1.584962500721156,4.700439718141092,4.4351823597917015,4.169925001442312,4.700439718141092,0,0,0,0,0,0,0,1,0,0,0,1,0,0,0,0,4.087462841250339,4.087462841250339,4.087462841250339,4.087462841250339,0,0.8571428571428571,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0]}}}');
INSERT INTO "episodes" VALUES(2,'738b1d87-9d0b-410d-a4dd-0346f07b3287',1795359848592,'{"id":"738b1d87-9d0b-410d-a4dd-0346f07b3287","startedAt":"2026-11-22T15:04:08.592Z","lambda":0.3,"refusals":[],"steps":[{"decision":{"action":{"type":"call","calls":[{"model":"openai/gpt-5-nano"}]},"policy":"benchmark@1","estimates":[{"model":"openai/gpt-5-nano","success":0.9756621231366922,"costUsd":0.00043005,"utility":0.6889621231366923,"propensity":0.75},{"model":"mistral/mistral-small-2603","success":0.9733681988760918,"costUsd":0.00064575,"utility":0.542868198876092,"propensity":0.25}],"propensity":0.75},"calls":[{"callId":"c1720860-49ac-4063-a9cb-98ec0b5f34e2","model":"openai/gpt-5-nano","provider":"openai","status":"completed","cost":{"usd":0.00004295,"provenance":{"source":"bundled","name":"@pydantic/genai-prices 0.1.8","asOf":"2026-09-23"}},"reservedUsd":0.0032776000000000003,"attempts":1,"startedAtMs":1795359848593,"latencyMs":27,"firstTokenMs":26,"finishReason":"stop","servedModel":"gpt-5-nano","responseId":"chatcmpl-53cd40625acfd1503d29a3388956f","usage":{"inputTokens":11,"outputTokens":106,"cacheReadTokens":0,"reasoningTokens":86}}],"decisionMs":0.38071500000000924}],"cost":{"usd":0.00004295,"provenance":{"source":"bundled","name":"@pydantic/genai-prices 0.1.8","asOf":"2026-09-23"}},"knownUsd":0.00004295,"costComplete":true,"usage":{"inputTokens":11,"outputTokens":106,"cacheReadTokens":0,"reasoningTokens":86},"latencyMs":28,"answerCallId":"c1720860-49ac-4063-a9cb-98ec0b5f34e2","learning":{"features":{"version":1,"words":"oQEBAEgCAQDYAgEA1QgBALcKAQBEDQEAYQ8CAKEPAQDLEwEAyhoCAK8bAQApHgEA","structure":[3.9068905956085187,1.584962500721156,1,3,2.321928094887362,0.14285714285714285,0.07142857142857142,0.14285714285714285,0,1.584962500721156,1,3.321928094887362,2.660964047443681,2,3.321928094887362,0,0,0,0,0,0,0,1,0,0,0,1,0,0,0,0,3.9068905956085187,3.9068905956085187,3.9068905956085187,3.9068905956085187,1.584962500721156,0.8571428571428571,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0]}}}');
CREATE TABLE feedback (
    episode_id TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    score REAL NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (episode_id, source)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "feedback" VALUES('ab51b4ea-76ec-4e36-9674-f11f692a0cda','tests',1.0,1795359848621);
CREATE INDEX entries_by_episode ON entries (episode_id);
CREATE INDEX open_entries ON entries (expires_at_ms) WHERE state = 'reserved';
CREATE INDEX episodes_by_start ON episodes (started_at_ms);
COMMIT;
PRAGMA application_id = 2020765557;
PRAGMA user_version = 1;
