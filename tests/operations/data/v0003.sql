-- A small database made by Winnow 0.1.0 (commit 3626323, schema 0003) through its own functions, with the classifier
-- that shipped, and dumped by SQLite. Never edited: tests/operations/test_earlier_database.py migrates it.
-- Two sites; comments, review items, appeals, bulk jobs, deliveries and people in every state. The secret key is
-- the tests' own (tests/conftest.py), and the test has the key of the first site.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE api_keys (
	prefix VARCHAR(40) NOT NULL, 
	site_id VARCHAR(40) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	CONSTRAINT pk_api_keys PRIMARY KEY (prefix), 
	CONSTRAINT fk_api_keys_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "api_keys" VALUES('wk_d03c6327','s_01m8fzxsnq26gam9ntbe4vja9h','c39e89270a8cc097e4048941b3babfc4611fafd51e3fa0a590820e886b6308de','2026-11-28 02:32:08.638884',NULL);
INSERT INTO "api_keys" VALUES('wk_8d018607','s_01m8fzxspf0tvwkfcy0agk081b','d0bd47a8e992ae46781e6af512fa586f711726edd5e60ae11cb1eca69c0a4307','2026-11-28 02:32:08.657502',NULL);
CREATE TABLE appeals (
	id VARCHAR(40) NOT NULL, 
	site_id VARCHAR(40) NOT NULL, 
	comment_id VARCHAR(40) NOT NULL, 
	version INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	decided_at DATETIME, 
	outcome VARCHAR(12), 
	CONSTRAINT pk_appeals PRIMARY KEY (id), 
	CONSTRAINT fk_appeals_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE, 
	CONSTRAINT fk_appeals_comment_id_comments FOREIGN KEY(comment_id) REFERENCES comments (id) ON DELETE CASCADE
);
INSERT INTO "appeals" VALUES('p_01m8fzxtn63kz6b8t480sjk1d8','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtet3w0fnsv9vetc51kn',3,'It was meant as a joke among friends.','2026-11-28 02:32:09.638678',NULL,NULL);
INSERT INTO "appeals" VALUES('p_01m8fzxtp39ekbtjyjq937v52g','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtep4z5y385eb5yghhmd',2,'But the bonus is real.','2026-11-28 02:32:09.668070','2026-11-28 02:32:09.681103','upheld');
CREATE TABLE audit_events (
	id VARCHAR(40) NOT NULL, 
	site_id VARCHAR(40), 
	comment_id VARCHAR(40), 
	action VARCHAR(40) NOT NULL, 
	actor VARCHAR(80) NOT NULL, 
	created_at DATETIME NOT NULL, 
	status VARCHAR(10), 
	revision INTEGER, 
	version INTEGER, 
	reasons JSON, 
	scores JSON, 
	model_version VARCHAR(40), 
	policy_version INTEGER, 
	detail JSON, 
	CONSTRAINT pk_audit_events PRIMARY KEY (id), 
	CONSTRAINT fk_audit_events_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "audit_events" VALUES('a_01m8fzxsp3e2qaxzxh0dyhckd9','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,'site.created','operator','2026-11-28 02:32:08.643646',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxspj1gf2243fv0hqks34','s_01m8fzxspf0tvwkfcy0agk081b',NULL,'site.created','operator','2026-11-28 02:32:08.658004',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxsxbd1es31j0x3c3pz8d',NULL,NULL,'user.created','operator','2026-11-28 02:32:08.875398',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"user": "u_01m8fzxsx7f81zdns0a7hzs54r", "role": "admin"}');
INSERT INTO "audit_events" VALUES('a_01m8fzxt4665h03vzjx9cjpv4c',NULL,NULL,'user.created','operator','2026-11-28 02:32:09.094274',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"user": "u_01m8fzxt454vk9ge2em5g2aryd", "role": "none", "sites": {"s_01m8fzxsnq26gam9ntbe4vja9h": "moderator"}}');
INSERT INTO "audit_events" VALUES('a_01m8fzxt4db1mwmma3wshfb5tp',NULL,NULL,'user.created','operator','2026-11-28 02:32:09.101467',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"user": "u_01m8fzxt4c4as9fjd35vxr6rem", "role": "viewer"}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtb4ab2hfa3cvj4wmt20',NULL,NULL,'user.created','operator','2026-11-28 02:32:09.316447',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"user": "u_01m8fzxtb32wznrgx6gtwbx4km", "role": "moderator"}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtbd4m0cx2wa78tvvjvx',NULL,NULL,'user.disabled','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.325990',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"user": "u_01m8fzxtb32wznrgx6gtwbx4km"}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtbq263e0d3pfgdn9ekr',NULL,NULL,'user.totp_turned_on','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.335907',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtc071dv0hqrkvn1wd9y',NULL,NULL,'user.signed_in','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.344420',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtcae6k8vgn6yfns3sc5','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,'policy.changed','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.354667',NULL,NULL,NULL,NULL,NULL,NULL,2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtcpf628zqebdwxh1z1s','s_01m8fzxspf0tvwkfcy0agk081b',NULL,'policy.changed','operator','2026-11-28 02:32:09.366746',NULL,NULL,NULL,NULL,NULL,NULL,2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtcx7prnzb8dma0e3yrz','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,'site.settings_changed','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.373992',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtd6cz7qe57xq70aakve','s_01m8fzxspf0tvwkfcy0agk081b',NULL,'site.coral_secret_set','operator','2026-11-28 02:32:09.382212',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamgyn61h73aa5acr','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtdc5jsr7831pkpzn2pp','comment.decided','policy','2026-11-28 02:32:09.554576','flagged',1,2,'[{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.973 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9729, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8521, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.78 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7835, "threshold": 0.75}]','{"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamgynk416wdyqg6b','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtdxb329m84z64kj12qd','comment.decided','policy','2026-11-28 02:32:09.554653','flagged',1,2,'[{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.973 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9729, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8521, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.78 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7835, "threshold": 0.75}]','{"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamgzh6rd83fktfn8','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxte23gjb080n85dyhth6','comment.decided','policy','2026-11-28 02:32:09.554675','flagged',1,2,'[{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.973 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9729, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8521, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.78 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7835, "threshold": 0.75}]','{"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamheg6g4hnbh3e4g','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxte68kqg8ey76rt5tm2h','comment.decided','policy','2026-11-28 02:32:09.554693','published',1,2,'[{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}]','{"toxicity": 0.0, "severe_toxicity": 0.0, "insult": 0.0, "profanity": 0.0, "threat": 0.0, "identity_attack": 0.0001, "spam": 0.0048}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamhvhrj515fz55nf','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteg5zmqp0rx99jcrexr','comment.decided','policy','2026-11-28 02:32:09.554709','published',1,2,'[{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}]','{"toxicity": 0.0001, "severe_toxicity": 0.0, "insult": 0.0, "profanity": 0.0, "threat": 0.0, "identity_attack": 0.0004, "spam": 0.0015}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamhx088d6fjhxy70','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtep4z5y385eb5yghhmd','comment.decided','policy','2026-11-28 02:32:09.554725','rejected',1,2,'[{"rule": "banned_words", "action": "reject", "message": "It contains entry 1 of the site''s banned words."}]','{"toxicity": 0.0152, "severe_toxicity": 0.0005, "insult": 0.0137, "profanity": 0.0036, "threat": 0.0006, "identity_attack": 0.0039, "spam": 0.0757}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamj8x18hfw5f4031','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtet3w0fnsv9vetc51kn','comment.decided','policy','2026-11-28 02:32:09.554742','flagged',1,2,'[{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.982 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9817, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8538, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.82 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.8193, "threshold": 0.75}]','{"toxicity": 0.9817, "severe_toxicity": 0.1161, "insult": 0.8538, "profanity": 0.8193, "threat": 0.0009, "identity_attack": 0.0877, "spam": 0.0038}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamje7j2ksfafng4g','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteyfnjc02drxct3dreq','comment.decided','policy','2026-11-28 02:32:09.554759','flagged',1,2,'[{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.977 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9771, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8477, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.80 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7999, "threshold": 0.75}]','{"toxicity": 0.9771, "severe_toxicity": 0.0376, "insult": 0.8477, "profanity": 0.7999, "threat": 0.0, "identity_attack": 0.1171, "spam": 0.0014}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamjh5tajjpknab45','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtf26pddcq2abrbp39nx','comment.decided','policy','2026-11-28 02:32:09.554776','flagged',1,2,'[{"rule": "language", "action": "flag", "message": "The classifier cannot judge its language (de)."}]','{"toxicity": 0.3151, "severe_toxicity": 0.0106, "insult": 0.0769, "profanity": 0.0863, "threat": 0.0051, "identity_attack": 0.0012, "spam": 0.0027}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamjschvr15eajehj','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtf64z05gvhnep9wype0','comment.decided','policy','2026-11-28 02:32:09.554821','published',1,2,'[{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}]','{"toxicity": 0.0078, "severe_toxicity": 0.0001, "insult": 0.0004, "profanity": 0.0009, "threat": 0.0001, "identity_attack": 0.0007, "spam": 0.007}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamjzbbddscnavnbk','s_01m8fzxspf0tvwkfcy0agk081b','c_01m8fzxtf916th84nhy3dpyk47','comment.decided','policy','2026-11-28 02:32:09.554839','flagged',1,2,'[{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}, {"rule": "mode_hold", "action": "flag", "message": "This site holds every comment for a moderator."}]','{"toxicity": 0.005, "severe_toxicity": 0.0001, "insult": 0.0019, "profanity": 0.0016, "threat": 0.0, "identity_attack": 0.001, "spam": 0.0014}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtjjamk3sx7q7qs1nd5p','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtfe3bz3ev5rxa5phvmd','comment.decided','policy','2026-11-28 02:32:09.554855','published',1,2,'[{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}]','{"toxicity": 0.003, "severe_toxicity": 0.0002, "insult": 0.0011, "profanity": 0.0003, "threat": 0.0011, "identity_attack": 0.0003, "spam": 0.0025}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtmk33g4yvgzc9hwsf39','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtet3w0fnsv9vetc51kn','comment.decided','user:u_01m8fzxt454vk9ge2em5g2aryd','2026-11-28 02:32:09.619701','rejected',1,3,'[{"rule": "moderator", "action": "reject", "message": "Insults somebody: Aimed at a person.", "label": "insult", "code": "insult", "note": "Aimed at a person."}]','{"toxicity": 0.9817, "severe_toxicity": 0.1161, "insult": 0.8538, "profanity": 0.8193, "threat": 0.0009, "identity_attack": 0.0877, "spam": 0.0038}','1.2.0',2,'{"was": {"status": "flagged", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.982 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9817, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8538, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.82 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.8193, "threshold": 0.75}], "decided_by": "policy", "decided_at": "2026-11-28T02:32:09.530500+00:00"}}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtn96q1g10jg9d02e3ty','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtet3w0fnsv9vetc51kn','comment.appealed','author','2026-11-28 02:32:09.641705',NULL,1,3,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtnx5q018jvdjqr685qx','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtep4z5y385eb5yghhmd','comment.confirmed','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.661208','rejected',1,2,'[{"rule": "moderator", "action": "reject", "message": "Spam or advertising", "label": "spam", "code": "spam"}]',NULL,'1.2.0',2,'{"was": {"status": "rejected", "reasons": [{"rule": "banned_words", "action": "reject", "message": "It contains entry 1 of the site''s banned words."}], "decided_by": "policy", "decided_at": "2026-11-28T02:32:09.527157+00:00"}}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtp760xc9hb8mhrgn2b2','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtep4z5y385eb5yghhmd','comment.appealed','author','2026-11-28 02:32:09.671667',NULL,1,2,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtph1fzhyegw771zgqrr','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtep4z5y385eb5yghhmd','comment.appeal_upheld','user:u_01m8fzxt454vk9ge2em5g2aryd','2026-11-28 02:32:09.681171',NULL,1,2,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtpmdtdx5d3xsbajtaeq','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtep4z5y385eb5yghhmd','comment.confirmed','user:u_01m8fzxt454vk9ge2em5g2aryd','2026-11-28 02:32:09.684481','rejected',1,2,'[{"rule": "moderator", "action": "reject", "message": "Spam or advertising", "label": "spam", "code": "spam"}]',NULL,'1.2.0',2,'{"was": {"status": "rejected", "reasons": [{"rule": "banned_words", "action": "reject", "message": "It contains entry 1 of the site''s banned words."}], "decided_by": "policy", "decided_at": "2026-11-28T02:32:09.527157+00:00"}}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtq405y0x71dbac8jfwq','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteyfnjc02drxct3dreq','comment.decided','user:u_01m8fzxt454vk9ge2em5g2aryd','2026-11-28 02:32:09.700326','published',1,3,'[{"rule": "moderator", "action": "publish", "message": "Harsh, but about a text.", "note": "Harsh, but about a text."}]','{"toxicity": 0.9771, "severe_toxicity": 0.0376, "insult": 0.8477, "profanity": 0.7999, "threat": 0.0, "identity_attack": 0.1171, "spam": 0.0014}','1.2.0',2,'{"was": {"status": "flagged", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.977 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9771, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8477, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.80 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7999, "threshold": 0.75}], "decided_by": "policy", "decided_at": "2026-11-28T02:32:09.533296+00:00"}}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtrd5qa4nctgp8mmb71b','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteyfnjc02drxct3dreq','comment.undone','user:u_01m8fzxt454vk9ge2em5g2aryd','2026-11-28 02:32:09.741869','flagged',1,4,'[{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.977 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9771, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8477, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.80 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7999, "threshold": 0.75}]',NULL,NULL,NULL,'{"undoes": 3}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtry9m7y4kahkhzpz8dm','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteg5zmqp0rx99jcrexr','comment.reported','site','2026-11-28 02:32:09.758100',NULL,1,2,NULL,NULL,NULL,NULL,'{"reason": "off_topic"}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtsc8tjvppsqndnqhwmx','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtf64z05gvhnep9wype0','comment.erased','site','2026-11-28 02:32:09.772131',NULL,1,3,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxtszf8ws6h9r0by0fsk2',NULL,NULL,'bulk.started','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.791597',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"job": "b_01m8fzxtswe1rvjb56srr4gyen", "action": "reject", "comments": 3}');
INSERT INTO "audit_events" VALUES('a_01m8fzxttrfp9aynxzn13g8w4q','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtdc5jsr7831pkpzn2pp','comment.decided','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.816000','rejected',1,3,'[{"rule": "moderator", "action": "reject", "message": "Insults somebody: A raid.", "label": "insult", "code": "insult", "note": "A raid."}]','{"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}','1.2.0',2,'{"was": {"status": "flagged", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.973 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9729, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8521, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.78 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7835, "threshold": 0.75}], "decided_by": "policy", "decided_at": "2026-11-28T02:32:09.519059+00:00"}}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtv25cfcrx60f47p3f8z','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtdxb329m84z64kj12qd','comment.decided','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.826474','rejected',1,3,'[{"rule": "moderator", "action": "reject", "message": "Insults somebody: A raid.", "label": "insult", "code": "insult", "note": "A raid."}]','{"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}','1.2.0',2,'{"was": {"status": "flagged", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.973 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9729, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8521, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.78 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7835, "threshold": 0.75}], "decided_by": "policy", "decided_at": "2026-11-28T02:32:09.523340+00:00"}}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtvc7q55gebnxfjtpf2y','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxte23gjb080n85dyhth6','comment.decided','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.836990','rejected',1,3,'[{"rule": "moderator", "action": "reject", "message": "Insults somebody: A raid.", "label": "insult", "code": "insult", "note": "A raid."}]','{"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}','1.2.0',2,'{"was": {"status": "flagged", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.973 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9729, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8521, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.78 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7835, "threshold": 0.75}], "decided_by": "policy", "decided_at": "2026-11-28T02:32:09.526618+00:00"}}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtvr69we5qzf832xpxe1',NULL,NULL,'bulk.started','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.848423',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"job": "b_01m8fzxtvqbwnww1jqty89vepe", "action": "reject", "comments": 1}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtym62tq3th0ekavzrvq','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteg5zmqp0rx99jcrexr','comment.decided','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.940467','published',1,3,'[{"rule": "moderator", "action": "publish", "message": "A moderator chose to publish it."}]','{"toxicity": 0.0001, "severe_toxicity": 0.0, "insult": 0.0, "profanity": 0.0, "threat": 0.0, "identity_attack": 0.0004, "spam": 0.0015}','1.2.0',2,'{"was": {"status": "published", "reasons": [{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}], "decided_by": "policy", "decided_at": "2026-11-28T02:32:09.527042+00:00"}}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtzsdnerzqpr7r45fe8x','s_01m8fzxspf0tvwkfcy0agk081b',NULL,'webhook.added','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.977356',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"endpoint": "w_01m8fzxtzr2038rsjp9cpmc10w"}');
INSERT INTO "audit_events" VALUES('a_01m8fzxtzx6r1v5nzwhkrpnngn','s_01m8fzxspf0tvwkfcy0agk081b',NULL,'webhook.added','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.981634',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"endpoint": "w_01m8fzxtzx6r1ta3av7bv6yjwq"}');
INSERT INTO "audit_events" VALUES('a_01m8fzxv0146xw9tke7xj876b4','s_01m8fzxspf0tvwkfcy0agk081b',NULL,'webhook.switched_off','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.985996',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"endpoint": "w_01m8fzxtzx6r1ta3av7bv6yjwq"}');
INSERT INTO "audit_events" VALUES('a_01m8fzxw3g722jn66nd4j0ynr3','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxw034ycqwhz5rfvgnha3','comment.decided','policy','2026-11-28 02:32:11.120602','flagged',1,2,'[{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.980 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9804, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.88 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8814, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.81 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.8057, "threshold": 0.75}]','{"toxicity": 0.9804, "severe_toxicity": 0.0952, "insult": 0.8814, "profanity": 0.8057, "threat": 0.0012, "identity_attack": 0.1494, "spam": 0.002}','1.2.0',2,NULL);
INSERT INTO "audit_events" VALUES('a_01m8fzxw6t3p69dkpcb3b7rbnv','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtfe3bz3ev5rxa5phvmd','comment.edited','site','2026-11-28 02:32:11.226456',NULL,2,3,NULL,NULL,NULL,NULL,'{"fields": ["comment"]}');
CREATE TABLE bulk_changes (
	job_id VARCHAR(40) NOT NULL, 
	comment_id VARCHAR(40) NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT pk_bulk_changes PRIMARY KEY (job_id, comment_id), 
	CONSTRAINT fk_bulk_changes_job_id_bulk_jobs FOREIGN KEY(job_id) REFERENCES bulk_jobs (id) ON DELETE CASCADE
);
INSERT INTO "bulk_changes" VALUES('b_01m8fzxtswe1rvjb56srr4gyen','c_01m8fzxtdc5jsr7831pkpzn2pp',3);
INSERT INTO "bulk_changes" VALUES('b_01m8fzxtswe1rvjb56srr4gyen','c_01m8fzxtdxb329m84z64kj12qd',3);
INSERT INTO "bulk_changes" VALUES('b_01m8fzxtswe1rvjb56srr4gyen','c_01m8fzxte23gjb080n85dyhth6',3);
CREATE TABLE bulk_jobs (
	id VARCHAR(40) NOT NULL, 
	created_by VARCHAR(80) NOT NULL, 
	created_at DATETIME NOT NULL, 
	action VARCHAR(12) NOT NULL, 
	reason JSON, 
	criteria JSON NOT NULL, 
	undoes VARCHAR(40), 
	state VARCHAR(10) NOT NULL, 
	total INTEGER NOT NULL, 
	done INTEGER NOT NULL, 
	skipped INTEGER NOT NULL, 
	position VARCHAR(80), 
	error VARCHAR(300), 
	touched_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	CONSTRAINT pk_bulk_jobs PRIMARY KEY (id)
);
INSERT INTO "bulk_jobs" VALUES('b_01m8fzxtswe1rvjb56srr4gyen','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.788257','reject','{"code": "insult", "note": "A raid."}','{"seen_at": "2026-11-28T02:32:09.788121+00:00", "group": "g_01m8fzxtj76exs807t00ky4fyw"}',NULL,'done',3,3,0,NULL,NULL,'2026-11-28 02:32:09.841810','2026-11-28 02:32:09.841810');
INSERT INTO "bulk_jobs" VALUES('b_01m8fzxtvqbwnww1jqty89vepe','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.847150','reject',NULL,'{"seen_at": "2026-11-28T02:32:09.847115+00:00", "author": "user:h1", "site": "s_01m8fzxsnq26gam9ntbe4vja9h"}',NULL,'waiting',1,0,0,NULL,NULL,'2026-11-28 02:32:09.847150',NULL);
CREATE TABLE comments (
	id VARCHAR(40) NOT NULL, 
	site_id VARCHAR(40) NOT NULL, 
	external_id VARCHAR(200), 
	idempotency_key VARCHAR(200), 
	request_hash VARCHAR(32), 
	name TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	thread VARCHAR(500), 
	parent_id VARCHAR(40), 
	email VARCHAR(320), 
	url VARCHAR(2000), 
	ip VARCHAR(45), 
	user_agent VARCHAR(1000), 
	user_id VARCHAR(200), 
	language VARCHAR(35), 
	created_at DATETIME NOT NULL, 
	author_key VARCHAR(400), 
	content_hash VARCHAR(32), 
	accepted_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	status VARCHAR(10) NOT NULL, 
	revision INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	scores JSON, 
	reasons JSON, 
	spans JSON, 
	decided_by VARCHAR(80), 
	decided_at DATETIME, 
	model_version VARCHAR(40), 
	policy_version INTEGER, origin JSON, 
	CONSTRAINT pk_comments PRIMARY KEY (id), 
	CONSTRAINT fk_comments_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "comments" VALUES('c_01m8fzxtdc5jsr7831pkpzn2pp','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,'c576f6811dc7158be9b35f6b122f1383','Raider 0','You are a stupid idiot and everybody here knows that you are, go away and never come back 0','/2026/the-bridge',NULL,NULL,NULL,'198.51.100.7',NULL,'raider-0',NULL,'2026-11-28 02:32:09.388223','raider-0','7c902619352e22fba1016df417fd231b','2026-11-28 02:32:09.388223','2026-11-28 02:32:09.809367','rejected',1,3,'{"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}','[{"rule": "moderator", "action": "reject", "message": "Insults somebody: A raid.", "label": "insult", "code": "insult", "note": "A raid."}]','{"toxicity": [[0, 3, 0.511], [4, 7, 0.5354], [8, 9, 0.7518], [10, 16, 4.454], [17, 22, 4.2406], [42, 47, 0.0375], [48, 52, 0.1345], [53, 56, 0.1085], [62, 64, 0.6485], [65, 69, 0.1275], [74, 79, 0.0665], [80, 84, 0.3543], [85, 89, 0.2875]], "insult": [[0, 3, 0.4431], [4, 7, 0.4924], [8, 9, 0.6668], [10, 16, 3.2777], [17, 22, 3.1242], [27, 36, 0.0702], [42, 47, 0.0617], [48, 52, 0.0243], [53, 56, 0.0648], [62, 64, 0.5267], [74, 79, 0.0963], [80, 84, 0.32], [85, 89, 0.1801]], "profanity": [[0, 3, 0.453], [4, 7, 0.3315], [8, 9, 0.5071], [10, 16, 2.5701], [17, 22, 2.4291], [42, 47, 0.0379], [53, 56, 0.0291], [62, 64, 0.4779], [65, 69, 0.0132], [74, 79, 0.1859], [80, 84, 0.3151], [85, 89, 0.2219]]}','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.809367','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxtdxb329m84z64kj12qd','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,'8191025c2d8806cea7b50a1afe2aff56','Raider 1','You are a stupid idiot and everybody here knows that you are, go away and never come back 1','/2026/the-bridge',NULL,NULL,NULL,'198.51.100.7',NULL,'raider-1',NULL,'2026-11-28 02:32:09.405470','raider-1','92216c21b5a5c1610249029672ccbcbb','2026-11-28 02:32:09.405470','2026-11-28 02:32:09.821520','rejected',1,3,'{"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}','[{"rule": "moderator", "action": "reject", "message": "Insults somebody: A raid.", "label": "insult", "code": "insult", "note": "A raid."}]','{"toxicity": [[0, 3, 0.511], [4, 7, 0.5354], [8, 9, 0.7518], [10, 16, 4.454], [17, 22, 4.2406], [42, 47, 0.0375], [48, 52, 0.1345], [53, 56, 0.1085], [62, 64, 0.6485], [65, 69, 0.1275], [74, 79, 0.0665], [80, 84, 0.3543], [85, 89, 0.2875]], "insult": [[0, 3, 0.4431], [4, 7, 0.4924], [8, 9, 0.6668], [10, 16, 3.2777], [17, 22, 3.1242], [27, 36, 0.0702], [42, 47, 0.0617], [48, 52, 0.0243], [53, 56, 0.0648], [62, 64, 0.5267], [74, 79, 0.0963], [80, 84, 0.32], [85, 89, 0.1801]], "profanity": [[0, 3, 0.453], [4, 7, 0.3315], [8, 9, 0.5071], [10, 16, 2.5701], [17, 22, 2.4291], [42, 47, 0.0379], [53, 56, 0.0291], [62, 64, 0.4779], [65, 69, 0.0132], [74, 79, 0.1859], [80, 84, 0.3151], [85, 89, 0.2219]]}','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.821520','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxte23gjb080n85dyhth6','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,'f1ffe8cfd8fde3897994e3251b2198e5','Raider 2','You are a stupid idiot and everybody here knows that you are, go away and never come back 2','/2026/the-bridge',NULL,NULL,NULL,'198.51.100.7',NULL,'raider-2',NULL,'2026-11-28 02:32:09.410193','raider-2','12c7fbf973c609460fc70d89194eaff7','2026-11-28 02:32:09.410193','2026-11-28 02:32:09.832108','rejected',1,3,'{"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}','[{"rule": "moderator", "action": "reject", "message": "Insults somebody: A raid.", "label": "insult", "code": "insult", "note": "A raid."}]','{"toxicity": [[0, 3, 0.511], [4, 7, 0.5354], [8, 9, 0.7518], [10, 16, 4.454], [17, 22, 4.2406], [42, 47, 0.0375], [48, 52, 0.1345], [53, 56, 0.1085], [62, 64, 0.6485], [65, 69, 0.1275], [74, 79, 0.0665], [80, 84, 0.3543], [85, 89, 0.2875]], "insult": [[0, 3, 0.4431], [4, 7, 0.4924], [8, 9, 0.6668], [10, 16, 3.2777], [17, 22, 3.1242], [27, 36, 0.0702], [42, 47, 0.0617], [48, 52, 0.0243], [53, 56, 0.0648], [62, 64, 0.5267], [74, 79, 0.0963], [80, 84, 0.32], [85, 89, 0.1801]], "profanity": [[0, 3, 0.453], [4, 7, 0.3315], [8, 9, 0.5071], [10, 16, 2.5701], [17, 22, 2.4291], [42, 47, 0.0379], [53, 56, 0.0291], [62, 64, 0.4779], [65, 69, 0.0132], [74, 79, 0.1859], [80, 84, 0.3151], [85, 89, 0.2219]]}','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.832108','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxte68kqg8ey76rt5tm2h','s_01m8fzxsnq26gam9ntbe4vja9h','paper-1',NULL,'caca97368803a509fabbf6460ad9846a','Grace','The council met on Tuesday and nobody could agree about the bridge.','/2026/the-bridge',NULL,'grace@example.org',NULL,NULL,NULL,NULL,NULL,'2026-11-27 02:32:09.414497','grace@example.org','51b2316a4d2d37cd3ac9b50751e68477','2026-11-28 02:32:09.414551','2026-11-28 02:32:09.526897','published',1,2,'{"toxicity": 0.0, "severe_toxicity": 0.0, "insult": 0.0, "profanity": 0.0, "threat": 0.0, "identity_attack": 0.0001, "spam": 0.0048}','[{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}]',NULL,'policy','2026-11-28 02:32:09.526897','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxteg5zmqp0rx99jcrexr','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,'e0d78d6650e009160f089e2388712766','Linus','Thank you, that was news to me. Is there a date for the ferry?','/2026/the-bridge','c_01m8fzxte68kqg8ey76rt5tm2h',NULL,'https://linus.example/',NULL,NULL,NULL,NULL,'2026-11-28 02:32:09.424023','linus','371c6d41affcdaec06a469d4aeff6474','2026-11-28 02:32:09.424023','2026-11-28 02:32:09.931971','published',1,3,'{"toxicity": 0.0001, "severe_toxicity": 0.0, "insult": 0.0, "profanity": 0.0, "threat": 0.0, "identity_attack": 0.0004, "spam": 0.0015}','[{"rule": "moderator", "action": "publish", "message": "A moderator chose to publish it."}]',NULL,'user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.931971','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxtep4z5y385eb5yghhmd','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,'d0c02884461339a3ca73525219735920','Lucky','A free casino bonus for everybody who clicks',NULL,NULL,NULL,NULL,'203.0.113.50',NULL,NULL,NULL,'2026-11-28 02:32:09.430775','lucky','a6bcf6ec785f63ed6245af3b91ad430e','2026-11-28 02:32:09.430775','2026-11-28 02:32:09.527157','rejected',1,2,'{"toxicity": 0.0152, "severe_toxicity": 0.0005, "insult": 0.0137, "profanity": 0.0036, "threat": 0.0006, "identity_attack": 0.0039, "spam": 0.0757}','[{"rule": "banned_words", "action": "reject", "message": "It contains entry 1 of the site''s banned words."}]',NULL,'policy','2026-11-28 02:32:09.527157','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxtet3w0fnsv9vetc51kn','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,'e443f2edd7689e92cf73170b8d7b5dfc','Harald','You are a complete idiot, shut up.','/2026/the-bridge',NULL,'harald@example.org',NULL,NULL,NULL,'h1',NULL,'2026-11-28 02:32:09.434513','h1','b1d56883d250e719263e1d0bde5e28e6','2026-11-28 02:32:09.434513','2026-11-28 02:32:09.598579','rejected',1,3,'{"toxicity": 0.9817, "severe_toxicity": 0.1161, "insult": 0.8538, "profanity": 0.8193, "threat": 0.0009, "identity_attack": 0.0877, "spam": 0.0038}','[{"rule": "moderator", "action": "reject", "message": "Insults somebody: Aimed at a person.", "label": "insult", "code": "insult", "note": "Aimed at a person."}]','{"toxicity": [[0, 3, 0.7477], [4, 7, 0.7834], [8, 9, 0.7326], [19, 24, 6.2755], [26, 30, 3.4615], [31, 33, 0.5452]], "insult": [[0, 3, 0.6483], [4, 7, 0.7205], [8, 9, 0.6562], [19, 24, 4.6559], [26, 30, 2.1655], [31, 33, 0.2356]], "profanity": [[0, 3, 0.6628], [4, 7, 0.4851], [8, 9, 0.5721], [10, 18, 0.0453], [19, 24, 3.5809], [26, 30, 2.017], [31, 33, 0.3018]]}','user:u_01m8fzxt454vk9ge2em5g2aryd','2026-11-28 02:32:09.598579','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxteyfnjc02drxct3dreq','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,'65d3494032e5aa7679e39ddc45603744','Harald','Only an idiot could write something this stupid.',NULL,NULL,'harald@example.org',NULL,NULL,NULL,'h1',NULL,'2026-11-28 02:32:09.438306','h1','8a7218bcfd0456a2a07c12680c736126','2026-11-28 02:32:09.438306','2026-11-28 02:32:09.739392','flagged',1,4,'{"toxicity": 0.9771, "severe_toxicity": 0.0376, "insult": 0.8477, "profanity": 0.7999, "threat": 0.0, "identity_attack": 0.1171, "spam": 0.0014}','[{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.977 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9771, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8477, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.80 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7999, "threshold": 0.75}]','{"toxicity": [[0, 4, 0.0261], [5, 7, 0.0536], [8, 13, 5.8404], [20, 25, 0.1324], [26, 35, 0.2023], [36, 40, 0.1319], [41, 47, 5.8653]], "insult": [[0, 4, 0.0192], [5, 7, 0.2607], [8, 13, 4.3689], [36, 40, 0.0878], [41, 47, 4.2447]], "profanity": [[5, 7, 0.1517], [8, 13, 3.3364], [20, 25, 0.2724], [26, 35, 0.3652], [41, 47, 3.4091]]}','policy','2026-11-28 02:32:09.533296','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxtf26pddcq2abrbp39nx','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,'8c544e62c90a6f472745d5379338512b','Jürgen','Ich finde, dass die alte Brücke noch lange nicht geschlossen werden sollte.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'de','2026-11-28 02:32:09.442528','jürgen','c99178dd6327b6f31afba5014e087401','2026-11-28 02:32:09.442528','2026-11-28 02:32:09.533957','flagged',1,2,'{"toxicity": 0.3151, "severe_toxicity": 0.0106, "insult": 0.0769, "profanity": 0.0863, "threat": 0.0051, "identity_attack": 0.0012, "spam": 0.0027}','[{"rule": "language", "action": "flag", "message": "The classifier cannot judge its language (de)."}]',NULL,'policy','2026-11-28 02:32:09.533957','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxtf64z05gvhnep9wype0','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,NULL,'','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 02:32:09.446084',NULL,NULL,'2026-11-28 02:32:09.446084','2026-11-28 02:32:09.765398','erased',1,3,'{"toxicity": 0.0078, "severe_toxicity": 0.0001, "insult": 0.0004, "profanity": 0.0009, "threat": 0.0001, "identity_attack": 0.0007, "spam": 0.007}','[{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}]',NULL,'policy','2026-11-28 02:32:09.534114','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxtf916th84nhy3dpyk47','s_01m8fzxspf0tvwkfcy0agk081b','bee-1',NULL,'2787ca30f65e47ded1ba47d59c2c1f03','Bea','A perfectly ordinary remark about bees and what they like.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 02:32:09.449546','bea','1522ba3ce1632f585854dea9d70075eb','2026-11-28 02:32:09.449546','2026-11-28 02:32:09.534820','flagged',1,2,'{"toxicity": 0.005, "severe_toxicity": 0.0001, "insult": 0.0019, "profanity": 0.0016, "threat": 0.0, "identity_attack": 0.001, "spam": 0.0014}','[{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}, {"rule": "mode_hold", "action": "flag", "message": "This site holds every comment for a moderator."}]',NULL,'policy','2026-11-28 02:32:09.534820','1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxtfe3bz3ev5rxa5phvmd','s_01m8fzxsnq26gam9ntbe4vja9h',NULL,NULL,'01db1b9853829b88d0bc1b1f53a2277c','Eddy','You are a stupid idiot, whoever reads this.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 02:32:09.454961','eddy','d8403639ee3526f6602fb06cfe8ce9a7','2026-11-28 02:32:09.454961','2026-11-28 02:32:11.223389','pending',2,3,NULL,NULL,NULL,NULL,NULL,'1.2.0',2,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxw034ycqwhz5rfvgnha3','s_01m8fzxsnq26gam9ntbe4vja9h','0d3ab4db-9f18-4576-ad59-ede43d78f937',NULL,'185ae1d103d4ad484ed9ecc9b8f5d560','Wendy','You are an idiot and a fool.','http://127.0.0.1/',NULL,NULL,NULL,'203.0.113.77','Mozilla/5.0',NULL,NULL,'2026-11-28 02:32:11.011135','wendy','d9777afd9f29a8db95cd50ff30d4d43d','2026-11-28 02:32:11.011135','2026-11-28 02:32:11.080975','flagged',1,2,'{"toxicity": 0.9804, "severe_toxicity": 0.0952, "insult": 0.8814, "profanity": 0.8057, "threat": 0.0012, "identity_attack": 0.1494, "spam": 0.002}','[{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.980 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9804, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.88 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8814, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.81 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.8057, "threshold": 0.75}]','{"toxicity": [[0, 3, 0.8116], [4, 7, 0.5053], [8, 10, 0.1536], [11, 16, 6.712], [17, 20, 0.0189], [21, 22, 0.4245], [23, 27, 3.7168]], "insult": [[0, 3, 0.7037], [4, 7, 0.5467], [8, 10, 0.372], [11, 16, 5.0114], [21, 22, 0.5041], [23, 27, 2.9201]], "profanity": [[0, 3, 0.7195], [4, 7, 0.3689], [8, 10, 0.2179], [11, 16, 3.8657], [17, 20, 0.0533], [21, 22, 0.479], [23, 27, 1.6875]]}','policy','2026-11-28 02:32:11.080975','1.2.0',2,'{"protocol": "akismet", "guid": "0d3ab4db-9f18-4576-ad59-ede43d78f937", "post": null, "signals": {"comment_type": "comment"}, "repeated": false, "endpoint_id": "w_01m8fzxw2ycad5ydxrpxtrys38"}');
INSERT INTO "comments" VALUES('c_01m8fzxw6z6jgyxxtccebr338q','s_01m8fzxsnq26gam9ntbe4vja9h','paper-2',NULL,'e67aba4e0bd25b881ccf3700aefa02d8','Petra','A remark that nobody had time for before the upgrade.','/2026/ferry',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 02:32:11.231717','petra','72f451893049ebb6d63a2e061e883222','2026-11-28 02:32:11.231717','2026-11-28 02:32:11.231717','pending',1,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "comments" VALUES('c_01m8fzxw75fxbacbk1qdmygza3','s_01m8fzxspf0tvwkfcy0agk081b',NULL,NULL,'57cd16a22c82f88f1ece0ba92ddaf778','Paul','Another one, for the bees.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 02:32:11.237692','paul','b2197aab627eccbc70a0825b179052e8','2026-11-28 02:32:11.237692','2026-11-28 02:32:11.237692','pending',1,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE compat_keys (
	digest VARCHAR(64) NOT NULL, 
	site_id VARCHAR(40) NOT NULL, 
	sealed TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	CONSTRAINT pk_compat_keys PRIMARY KEY (digest), 
	CONSTRAINT fk_compat_keys_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "compat_keys" VALUES('85461c4cb26a695d0353afd355b72fe2e6c70765ff936aa8c84e5f53a0bf2757','s_01m8fzxsnq26gam9ntbe4vja9h','gAAAAABrCj0oIUTB9XtBHNg75ZrEkb-GkvbiOJLnKSzYqeV4lKiuDtjsd5EaTrw_eGwKvcCu8IOSM_Tna72WQ9XvSGWnfBVVCA==','2026-11-28 02:32:08.642990',NULL);
INSERT INTO "compat_keys" VALUES('b0829769dca8730ad853eb886fe9f2d2e39227769f94856981096ecabc2515d8','s_01m8fzxspf0tvwkfcy0agk081b','gAAAAABrCj0omjgx9caHYYNXhtoK5xQ10pTWKcJ0c4OsQKH8i8XUfrcTpNKvFhEHHauyUCAIjUkqr4D1cUiZclxLSUfKYn6DAQ==','2026-11-28 02:32:08.657927',NULL);
CREATE TABLE feedback (
	id VARCHAR(40) NOT NULL, 
	site_id VARCHAR(40) NOT NULL, 
	source VARCHAR(20) NOT NULL, 
	text_hash VARCHAR(32) NOT NULL, 
	text TEXT NOT NULL, 
	label VARCHAR(20) NOT NULL, 
	value FLOAT NOT NULL, 
	detail JSON, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_feedback PRIMARY KEY (id), 
	CONSTRAINT fk_feedback_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "feedback" VALUES('f_01m8fzxv0596wssapfpwfqe5cs','s_01m8fzxsnq26gam9ntbe4vja9h','akismet','afaf56c41425056515daa3c7a24d0661','Buy cheap watches now','spam',1.0,NULL,'2026-11-28 02:32:09.989071');
INSERT INTO "feedback" VALUES('f_01m8fzxv0b4w4c77s1ffh7vae9','s_01m8fzxsnq26gam9ntbe4vja9h','perspective','dcad14d328fdce80267290505047b883','You fool','insult',0.5,'{"communityId": "x"}','2026-11-28 02:32:09.995260');
INSERT INTO "feedback" VALUES('f_01m8fzxv0b4w4m6qte3w1ahfs9','s_01m8fzxsnq26gam9ntbe4vja9h','perspective','dcad14d328fdce80267290505047b883','You fool','toxicity',1.0,'{"communityId": "x"}','2026-11-28 02:32:09.995260');
CREATE TABLE lookalike_bands (
	band BIGINT NOT NULL, 
	group_id VARCHAR(40) NOT NULL, 
	seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_lookalike_bands PRIMARY KEY (band)
);
INSERT INTO "lookalike_bands" VALUES(-9057407299525674342,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(-8049492334739455795,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(-7968079131505606083,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(-6632587832096467649,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(-5877806932606289582,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(-4664044902130148889,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(-3636709865988802240,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(-3432081986578509571,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(170733590683233125,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(870858693030263709,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(2348751779744826916,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(2595974612153062571,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(2636962184554501296,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(3224008631706264435,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(3224961172212402764,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(3574953638025846107,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(4335401729894402494,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(4986300984364532299,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(5279751085054311388,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(5485783969525818741,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(7852347391672487928,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(8080760809358611404,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(8312107472057777217,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
INSERT INTO "lookalike_bands" VALUES(8576173375697261188,'g_01m8fzxtj76exs807t00ky4fyw','2026-11-28 02:32:09.543500');
CREATE TABLE memberships (
	user_id VARCHAR(40) NOT NULL, 
	site_id VARCHAR(40) NOT NULL, 
	role VARCHAR(10) NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (user_id, site_id), 
	CONSTRAINT fk_memberships_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT fk_memberships_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "memberships" VALUES('u_01m8fzxt454vk9ge2em5g2aryd','s_01m8fzxsnq26gam9ntbe4vja9h','moderator');
CREATE TABLE policies (
	site_id VARCHAR(40) NOT NULL, 
	version INTEGER NOT NULL, 
	document JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(80) NOT NULL, 
	CONSTRAINT pk_policies PRIMARY KEY (site_id, version), 
	CONSTRAINT fk_policies_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "policies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h',1,'{"mode": "auto", "preset": "balanced", "thresholds": {}, "banned_words": [], "suspect_words": [], "max_links": 3, "blocked_authors": [], "trusted_authors": [], "blocked_ips": [], "trusted_ips": [], "flag_repeated": true, "flag_first_comment": false, "flag_unknown_language": true, "expires": {}}','2026-11-28 02:32:08.631642','operator');
INSERT INTO "policies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b',1,'{"mode": "auto", "preset": "balanced", "thresholds": {}, "banned_words": [], "suspect_words": [], "max_links": 3, "blocked_authors": [], "trusted_authors": [], "blocked_ips": [], "trusted_ips": [], "flag_repeated": true, "flag_first_comment": false, "flag_unknown_language": true, "expires": {}}','2026-11-28 02:32:08.655755','operator');
INSERT INTO "policies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h',2,'{"mode": "auto", "preset": "balanced", "thresholds": {}, "banned_words": ["free casino*"], "suspect_words": [], "max_links": 3, "blocked_authors": [], "trusted_authors": ["editor@paper.example"], "blocked_ips": [], "trusted_ips": [], "flag_repeated": true, "flag_first_comment": false, "flag_unknown_language": true, "expires": {"banned_words": {"free casino*": "2030-01-01T00:00:00Z"}}}','2026-11-28 02:32:09.354473','user:u_01m8fzxsx7f81zdns0a7hzs54r');
INSERT INTO "policies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b',2,'{"mode": "hold", "preset": "balanced", "thresholds": {}, "banned_words": [], "suspect_words": [], "max_links": 3, "blocked_authors": [], "trusted_authors": [], "blocked_ips": [], "trusted_ips": [], "flag_repeated": true, "flag_first_comment": false, "flag_unknown_language": true, "expires": {}}','2026-11-28 02:32:09.366604','operator');
CREATE TABLE recovery_codes (
	user_id VARCHAR(40) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, digest), 
	CONSTRAINT fk_recovery_codes_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','ea62bc1e84f4f28a6a7777f09bc25e6b092ad64667458cac1cb623275875ab0d','2026-11-28 02:32:09.335176');
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','6b703a68d724922a280f98102ea9288cd6407cfb0ef259f5cd97945fbe67c0c0','2026-11-28 02:32:09.335385');
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','042950d5bba1ece96a27a18fd19f6d5ba444fa814cfb9238232259f94dec6c14','2026-11-28 02:32:09.335450');
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','ce140e16e022fb83972a476f549776a1e9ad2c61abd494f1d162ca2e2f1d1c94','2026-11-28 02:32:09.335496');
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','990af7ccb3812aafcd61e5665f4493978f5c93d9bb899d773723f44f2c4c5b8c','2026-11-28 02:32:09.335536');
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','bd132d2410f59d10cd4b86ded27d1cb9c1f77083906b36cc56deafdf8a72aaed','2026-11-28 02:32:09.335576');
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','ecc372413156ab190be813485df3ff234bb4e3c8625d5ae740e278dcdb618f3e','2026-11-28 02:32:09.335613');
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','59a4ebd98f7830af2cc7b0c2883faed9a703de5bddaf372613e5fc2093aac2ad','2026-11-28 02:32:09.335650');
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','5fac477fa99d858c471abc712f79200cb744bd8c0a6ceefae2672b0b26e668d3','2026-11-28 02:32:09.335686');
INSERT INTO "recovery_codes" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','5293bb641786edd9802f7f7df49c5bb6d3a54d46c0073912539a8051690bee14','2026-11-28 02:32:09.335720');
CREATE TABLE reports (
	id VARCHAR(40) NOT NULL, 
	site_id VARCHAR(40) NOT NULL, 
	comment_id VARCHAR(40) NOT NULL, 
	reason VARCHAR(40) NOT NULL, 
	note TEXT, 
	reporter VARCHAR(200), 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_reports PRIMARY KEY (id), 
	CONSTRAINT fk_reports_comment_id_comments FOREIGN KEY(comment_id) REFERENCES comments (id) ON DELETE CASCADE, 
	CONSTRAINT fk_reports_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "reports" VALUES('r_01m8fzxtrvevhhz7sstdvje5b4','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteg5zmqp0rx99jcrexr','off_topic','Not about the bridge.','reader-7','2026-11-28 02:32:09.755217');
CREATE TABLE review_items (
	id VARCHAR(40) NOT NULL, 
	site_id VARCHAR(40) NOT NULL, 
	comment_id VARCHAR(40) NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	priority INTEGER NOT NULL, 
	opened_at DATETIME NOT NULL, 
	claimed_by VARCHAR(80), 
	claimed_until DATETIME, 
	closed_at DATETIME, 
	closed_by VARCHAR(80), 
	outcome VARCHAR(12), due BIGINT DEFAULT 0 NOT NULL, label VARCHAR(20), rule VARCHAR(40), language VARCHAR(35), author_key VARCHAR(400), thread VARCHAR(500), group_id VARCHAR(40), not_for VARCHAR(80), about JSON, closed_version INTEGER, 
	CONSTRAINT pk_review_items PRIMARY KEY (id), 
	CONSTRAINT fk_review_items_comment_id_comments FOREIGN KEY(comment_id) REFERENCES comments (id) ON DELETE CASCADE, 
	CONSTRAINT fk_review_items_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "review_items" VALUES('q_01m8fzxtjrc40k5g7z52tqvky2','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtdc5jsr7831pkpzn2pp','flag',59,'2026-11-28 02:32:09.560517',NULL,NULL,'2026-11-28 02:32:09.812326','user:u_01m8fzxsx7f81zdns0a7hzs54r','reject',1795838227160,'toxicity','flag_threshold','en','raider-0','/2026/the-bridge','g_01m8fzxtj76exs807t00ky4fyw',NULL,NULL,3);
INSERT INTO "review_items" VALUES('q_01m8fzxtjrc412nmayg6z5av71','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtdxb329m84z64kj12qd','flag',59,'2026-11-28 02:32:09.560517',NULL,NULL,'2026-11-28 02:32:09.824260','user:u_01m8fzxsx7f81zdns0a7hzs54r','reject',1795838227160,'toxicity','flag_threshold','en','raider-1','/2026/the-bridge','g_01m8fzxtj76exs807t00ky4fyw',NULL,NULL,3);
INSERT INTO "review_items" VALUES('q_01m8fzxtjrc417r85xh74zbp1v','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxte23gjb080n85dyhth6','flag',59,'2026-11-28 02:32:09.560517',NULL,NULL,'2026-11-28 02:32:09.835171','user:u_01m8fzxsx7f81zdns0a7hzs54r','reject',1795838227160,'toxicity','flag_threshold','en','raider-2','/2026/the-bridge','g_01m8fzxtj76exs807t00ky4fyw',NULL,NULL,3);
INSERT INTO "review_items" VALUES('q_01m8fzxtjrc41a45znbee30tyx','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtet3w0fnsv9vetc51kn','flag',37,'2026-11-28 02:32:09.560517',NULL,NULL,'2026-11-28 02:32:09.611982','user:u_01m8fzxt454vk9ge2em5g2aryd','reject',1795836326360,'toxicity','flag_threshold','en','h1','/2026/the-bridge','g_01m8fzxtj76exwbvg6psf8z70b',NULL,NULL,3);
INSERT INTO "review_items" VALUES('q_01m8fzxtjrc41e80fg88g5gj8h','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteyfnjc02drxct3dreq','flag',49,'2026-11-28 02:32:09.560517',NULL,NULL,NULL,NULL,NULL,1795837363160,'toxicity','flag_threshold','en','h1',NULL,'g_01m8fzxtj76exy86gm5v4pycq7',NULL,NULL,NULL);
INSERT INTO "review_items" VALUES('q_01m8fzxtjrc41eeb07s5t7p106','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtf26pddcq2abrbp39nx','flag',732,'2026-11-28 02:32:09.560517','user:u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:33:09.779561',NULL,NULL,NULL,1795896374360,NULL,'language','de','jürgen',NULL,'g_01m8fzxtj76ey428spy1em42se',NULL,NULL,NULL);
INSERT INTO "review_items" VALUES('q_01m8fzxtjrc41s8v1a9j99rn1v','s_01m8fzxspf0tvwkfcy0agk081b','c_01m8fzxtf916th84nhy3dpyk47','flag',996,'2026-11-28 02:32:09.560517',NULL,NULL,NULL,NULL,NULL,1795919183960,NULL,'clear','en','bea',NULL,'g_01m8fzxtj76eyd0k5af7y9rxex',NULL,NULL,NULL);
INSERT INTO "review_items" VALUES('q_01m8fzxtk6athpphd1vt01ac7n','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxte68kqg8ey76rt5tm2h','second_look',1000,'2026-11-28 02:32:09.574190',NULL,NULL,NULL,NULL,NULL,2111279529574,NULL,NULL,NULL,'grace@example.org','/2026/the-bridge',NULL,NULL,'{"version": 2, "status": "published", "actor": "policy", "labels": []}',NULL);
INSERT INTO "review_items" VALUES('q_01m8fzxtk6athwgjm972wk3hjw','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteg5zmqp0rx99jcrexr','second_look',1000,'2026-11-28 02:32:09.574190',NULL,NULL,'2026-11-28 02:32:09.938542','user:u_01m8fzxsx7f81zdns0a7hzs54r','publish',2111279529574,NULL,NULL,NULL,'linus','/2026/the-bridge',NULL,NULL,'{"version": 2, "status": "published", "actor": "policy", "labels": [], "second": {"status": "published", "actor": "user:u_01m8fzxsx7f81zdns0a7hzs54r", "labels": []}}',3);
INSERT INTO "review_items" VALUES('q_01m8fzxtk6atjc5696qmgpfw5w','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtep4z5y385eb5yghhmd','second_look',1000,'2026-11-28 02:32:09.574190',NULL,NULL,'2026-11-28 02:32:09.659535','user:u_01m8fzxsx7f81zdns0a7hzs54r','reject',2111279529574,NULL,NULL,NULL,'lucky',NULL,NULL,NULL,'{"version": 2, "status": "rejected", "actor": "policy", "labels": [], "second": {"status": "rejected", "actor": "user:u_01m8fzxsx7f81zdns0a7hzs54r", "labels": ["spam"]}}',NULL);
INSERT INTO "review_items" VALUES('q_01m8fzxtk6atjt3n63vbtscgyw','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtf64z05gvhnep9wype0','second_look',1000,'2026-11-28 02:32:09.574190',NULL,NULL,'2026-11-28 02:32:09.769311','site','erase',2111279529574,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"version": 2, "status": "published", "actor": "policy", "labels": []}',NULL);
INSERT INTO "review_items" VALUES('q_01m8fzxtk6atjv1s22x6w228t9','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtfe3bz3ev5rxa5phvmd','second_look',1000,'2026-11-28 02:32:09.574190',NULL,NULL,'2026-11-28 02:32:11.224838','site','edit',2111279529574,NULL,NULL,NULL,'eddy',NULL,NULL,NULL,'{"version": 2, "status": "published", "actor": "policy", "labels": []}',NULL);
INSERT INTO "review_items" VALUES('q_01m8fzxtn7dcv788vynwh0qeak','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtet3w0fnsv9vetc51kn','appeal',200,'2026-11-28 02:32:09.639945',NULL,NULL,NULL,NULL,NULL,1795850409639,'insult','moderator',NULL,'h1','/2026/the-bridge',NULL,'user:u_01m8fzxt454vk9ge2em5g2aryd','{"version": 3, "status": "rejected", "actor": "user:u_01m8fzxt454vk9ge2em5g2aryd", "labels": []}',NULL);
INSERT INTO "review_items" VALUES('q_01m8fzxtp5b4bg8cx4sepjagpc','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxtep4z5y385eb5yghhmd','appeal',200,'2026-11-28 02:32:09.669526',NULL,NULL,'2026-11-28 02:32:09.682950','user:u_01m8fzxt454vk9ge2em5g2aryd','reject',1795850409669,NULL,'banned_words',NULL,'lucky',NULL,NULL,NULL,'{"version": 2, "status": "rejected", "actor": "policy", "labels": []}',NULL);
INSERT INTO "review_items" VALUES('q_01m8fzxtrw3ntnfa5m948h97cf','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxteg5zmqp0rx99jcrexr','report',300,'2026-11-28 02:32:09.756618',NULL,NULL,'2026-11-28 02:32:09.938542','user:u_01m8fzxsx7f81zdns0a7hzs54r','publish',1795859049756,NULL,'clear',NULL,'linus','/2026/the-bridge',NULL,NULL,NULL,3);
INSERT INTO "review_items" VALUES('q_01m8fzxw3n93pdac0qymrjfb3w','s_01m8fzxsnq26gam9ntbe4vja9h','c_01m8fzxw034ycqwhz5rfvgnha3','flag',40,'2026-11-28 02:32:11.125663',NULL,NULL,NULL,NULL,NULL,1795836587125,'toxicity','flag_threshold','en','wendy','http://127.0.0.1/','g_01m8fzxw387mbx8sfskmp2t2e9',NULL,NULL,NULL);
CREATE TABLE site_secrets (
	site_id VARCHAR(40) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	sealed TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_site_secrets PRIMARY KEY (site_id, kind), 
	CONSTRAINT fk_site_secrets_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "site_secrets" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','coral','gAAAAABrCj0pCCsw2sE0oBdUc51mFjBRYqMLV0mhoAV5tcOaVUcOOjPWFvpunxipoWNmODuzyN8aHMCD0kt4qhYMOkNNy1ppzUlK_AmP_1tnEAZ3dw1gZqE=','2026-11-28 02:32:09.382017');
CREATE TABLE sites (
	id VARCHAR(40) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	policy_version INTEGER NOT NULL, settings JSON DEFAULT '{}' NOT NULL, draw_key VARCHAR(32), 
	CONSTRAINT pk_sites PRIMARY KEY (id)
);
INSERT INTO "sites" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','The Morning Paper','2026-11-28 02:32:08.631642',2,'{"reasons": [{"code": "insult", "text": "Insults somebody", "label": "insult"}, {"code": "identity_attack", "text": "Attacks people for who they are", "label": "identity_attack"}, {"code": "threat", "text": "Threatens somebody", "label": "threat"}, {"code": "profanity", "text": "Foul language", "label": "profanity"}, {"code": "toxicity", "text": "Hostile or disrespectful", "label": "toxicity"}, {"code": "spam", "text": "Spam or advertising", "label": "spam"}, {"code": "off_topic", "text": "Not about the subject", "label": null}, {"code": "personal_data", "text": "Gives away somebody''s personal details", "label": null}, {"code": "illegal", "text": "Against the law", "label": null}, {"code": "other", "text": "Another reason", "label": null}], "grace_seconds": 30, "second_look_automatic": 1.0, "second_look_moderators": 0.0, "appeals": true, "appeal_days": 180}','4e52014d756799187561481480be4402');
INSERT INTO "sites" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','A blog about bees','2026-11-28 02:32:08.655755',2,'{}','9f5b0e7b97c0efa431cd9167dfc7ecaa');
CREATE TABLE tallies (
	site_id VARCHAR(40) NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	what VARCHAR(20) NOT NULL, 
	"key" VARCHAR(120) NOT NULL, 
	number BIGINT NOT NULL, 
	CONSTRAINT pk_tallies PRIMARY KEY (site_id, day, what, "key"), 
	CONSTRAINT fk_tallies_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','queue','02 age',2);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','queue','02 size',6);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','queue','02 age',2);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','queue','02 size',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','wait','-7',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','wait','-8',5);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','decided','flagged policy',7);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','identity_attack 0',6);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','identity_attack 1',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','identity_attack 2',2);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','identity_attack 4',3);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','insult 0',5);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','insult 1',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','insult 16',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','insult 17',5);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','profanity 0',5);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','profanity 1',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','profanity 15',4);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','profanity 16',2);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','decided','published policy',4);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','decided','published user',2);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','decided','rejected policy',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','decided','rejected user',4);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','severe_toxicity 0',7);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','severe_toxicity 1',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','severe_toxicity 2',4);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','spam 0',11);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','agree','spam 0 published',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','spam 1',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','threat 0',12);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','toxicity 0',5);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','toxicity 19',6);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','score','toxicity 6',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','agree','toxicity 9 rejected',4);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','decided','undone user',1);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','person','user:u_01m8fzxsx7f81zdns0a7hzs54r',4);
INSERT INTO "tallies" VALUES('s_01m8fzxsnq26gam9ntbe4vja9h','2026-11-28','person','user:u_01m8fzxt454vk9ge2em5g2aryd',2);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','decided','flagged policy',1);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','score','identity_attack 0',1);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','score','insult 0',1);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','score','profanity 0',1);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','score','severe_toxicity 0',1);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','score','spam 0',1);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','score','threat 0',1);
INSERT INTO "tallies" VALUES('s_01m8fzxspf0tvwkfcy0agk081b','2026-11-28','score','toxicity 0',1);
CREATE TABLE user_sessions (
	digest VARCHAR(64) NOT NULL, 
	user_id VARCHAR(40) NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, id VARCHAR(40), ip VARCHAR(45), user_agent VARCHAR(300), 
	CONSTRAINT pk_user_sessions PRIMARY KEY (digest), 
	CONSTRAINT fk_user_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "user_sessions" VALUES('2b7cb02a048990ee194ad25d87861c248508b5a6f30ab861e88a2cb09d9ef574','u_01m8fzxsx7f81zdns0a7hzs54r','2026-11-28 02:32:09.344101','2026-11-28 02:32:09.344101','2026-12-12 02:32:09.344101','us_01m8fzxtc071dj6znxnecknsfk','203.0.113.9','Mozilla/5.0');
CREATE TABLE users (
	id VARCHAR(40) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	role VARCHAR(10) NOT NULL, 
	password_hash VARCHAR(200), 
	created_at DATETIME NOT NULL, 
	disabled_at DATETIME, 
	setup_digest VARCHAR(64), 
	setup_expires_at DATETIME, totp_sealed TEXT, totp_step BIGINT, oidc_subject VARCHAR(500), 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_name UNIQUE (name)
);
INSERT INTO "users" VALUES('u_01m8fzxsx7f81zdns0a7hzs54r','ada','admin','$argon2id$v=19$m=65536,t=3,p=4$jmZc4fTH373nzicdquDSKQ$y0LFG4QB26cLRh4e3L2v9Sq97mZBpk3vck3rCzvQTt0','2026-11-28 02:32:08.871761',NULL,NULL,NULL,'gAAAAABrCj0pBcrLsbwb6qZK7xtbsAhtMn8Zsj0fFUWrBTfKadXDjZfNOgIuOtEweXZLs21uXzSrsEOOJfTXYz49q1u38f5quJ4zwwem35JiyBfU8dHRSe0JMGYIX1OQaZZxWHeb_p4B',59861104,NULL);
INSERT INTO "users" VALUES('u_01m8fzxt454vk9ge2em5g2aryd','mo','none','$argon2id$v=19$m=65536,t=3,p=4$1Xr6pyc0987qS7ijbv/Htg$1pWX+175GYpkNEHCLUU4G1hM5lg9ScvmTFl6HSq77Ts','2026-11-28 02:32:09.093071',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "users" VALUES('u_01m8fzxt4c4as9fjd35vxr6rem','vi','viewer',NULL,'2026-11-28 02:32:09.100482',NULL,'013c8d87ecca026aa2c3642b6c07e034beec5add89e2d435d1faeca50753d28b','2026-11-30 02:32:09.101977',NULL,NULL,NULL);
INSERT INTO "users" VALUES('u_01m8fzxtb32wznrgx6gtwbx4km','otto','moderator','$argon2id$v=19$m=65536,t=3,p=4$nu/KOFMlVnwjSO6pQkCfaA$w3uD4SGhkk9v4y+7C/x/zMFpJr6OJkhU2kIZ7Vj5u1o','2026-11-28 02:32:09.315121','2026-11-28 02:32:09.323725',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE watermarks (
	name VARCHAR(40) NOT NULL, 
	position VARCHAR(80) NOT NULL, 
	CONSTRAINT pk_watermarks PRIMARY KEY (name)
);
INSERT INTO "watermarks" VALUES('tallies','a_01m8fzxw3g722jn66nd4j0ynr3');
CREATE TABLE webhook_attempts (
	id VARCHAR(40) NOT NULL, 
	delivery_id VARCHAR(40) NOT NULL, 
	created_at DATETIME NOT NULL, 
	status_code INTEGER, 
	error VARCHAR(300), 
	duration_ms BIGINT NOT NULL, 
	CONSTRAINT pk_webhook_attempts PRIMARY KEY (id), 
	CONSTRAINT fk_webhook_attempts_delivery_id_webhook_deliveries FOREIGN KEY(delivery_id) REFERENCES webhook_deliveries (id) ON DELETE CASCADE
);
INSERT INTO "webhook_attempts" VALUES('t_01m8fzxtxk3qrzk0nyzfge3tmy','msg_01m8fzxtkd4a4a2711zgfa8h0f','2026-11-28 02:32:09.907208',204,NULL,4);
INSERT INTO "webhook_attempts" VALUES('t_01m8fzxtxp3n55qbw5a7bqhdzf','msg_01m8fzxtkd4a4sd0300zj668ek','2026-11-28 02:32:09.910904',204,NULL,3);
INSERT INTO "webhook_attempts" VALUES('t_01m8fzxtxsds8h2y3wekcnxc8n','msg_01m8fzxtkd4a51jp6gq2ds2k3z','2026-11-28 02:32:09.913524',204,NULL,2);
INSERT INTO "webhook_attempts" VALUES('t_01m8fzxtxv3532g181xh8jbt7h','msg_01m8fzxtkd4a52h19md0djaxgt','2026-11-28 02:32:09.915928',204,NULL,2);
INSERT INTO "webhook_attempts" VALUES('t_01m8fzxtz4717qb17hc4abwdgb','msg_01m8fzxtkd4a56dxr7cn5638n0','2026-11-28 02:32:09.956606',503,'It answered 503.',3);
INSERT INTO "webhook_attempts" VALUES('t_01m8fzxtz8dxx3ya1zhmhqhq1g','msg_01m8fzxtkd4a5d6rsmgktc793e','2026-11-28 02:32:09.960064',503,'It answered 503.',3);
INSERT INTO "webhook_attempts" VALUES('t_01m8fzxtzb1v5kdspch49pbqnm','msg_01m8fzxtkd4a5gcwvp4cypz0mj','2026-11-28 02:32:09.963288',503,'It answered 503.',2);
INSERT INTO "webhook_attempts" VALUES('t_01m8fzxtzd5w9gdgyh564b6d6x','msg_01m8fzxtkd4a5k379pp2vy4qce','2026-11-28 02:32:09.965706',503,'It answered 503.',2);
CREATE TABLE webhook_deliveries (
	id VARCHAR(40) NOT NULL, 
	endpoint_id VARCHAR(40) NOT NULL, 
	comment_id VARCHAR(40), 
	event VARCHAR(40) NOT NULL, 
	payload JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_attempt_at DATETIME, 
	leased_until DATETIME, 
	delivered_at DATETIME, version INTEGER, cancelled_at DATETIME, 
	CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_webhook_deliveries_endpoint_id_webhook_endpoints FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoints (id) ON DELETE CASCADE
);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a4a2711zgfa8h0f','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtdc5jsr7831pkpzn2pp','comment.flagged','{"type": "comment.flagged", "timestamp": "2026-11-28T02:32:09.519059+00:00", "data": {"id": "c_01m8fzxtdc5jsr7831pkpzn2pp", "external_id": null, "thread": "/2026/the-bridge", "status": "flagged", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.973 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9729, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8521, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.78 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7835, "threshold": 0.75}], "scores": {"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}}}','2026-11-28 02:32:09.581552',1,NULL,NULL,'2026-11-28 02:32:09.922614',2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a4sd0300zj668ek','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtdxb329m84z64kj12qd','comment.flagged','{"type": "comment.flagged", "timestamp": "2026-11-28T02:32:09.523340+00:00", "data": {"id": "c_01m8fzxtdxb329m84z64kj12qd", "external_id": null, "thread": "/2026/the-bridge", "status": "flagged", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.973 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9729, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8521, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.78 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7835, "threshold": 0.75}], "scores": {"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}}}','2026-11-28 02:32:09.581632',1,NULL,NULL,'2026-11-28 02:32:09.922639',2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a51jp6gq2ds2k3z','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxte23gjb080n85dyhth6','comment.flagged','{"type": "comment.flagged", "timestamp": "2026-11-28T02:32:09.526618+00:00", "data": {"id": "c_01m8fzxte23gjb080n85dyhth6", "external_id": null, "thread": "/2026/the-bridge", "status": "flagged", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.973 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9729, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8521, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.78 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7835, "threshold": 0.75}], "scores": {"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}}}','2026-11-28 02:32:09.581662',1,NULL,NULL,'2026-11-28 02:32:09.922651',2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a52h19md0djaxgt','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxte68kqg8ey76rt5tm2h','comment.published','{"type": "comment.published", "timestamp": "2026-11-28T02:32:09.526897+00:00", "data": {"id": "c_01m8fzxte68kqg8ey76rt5tm2h", "external_id": "paper-1", "thread": "/2026/the-bridge", "status": "published", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}], "scores": {"toxicity": 0.0, "severe_toxicity": 0.0, "insult": 0.0, "profanity": 0.0, "threat": 0.0, "identity_attack": 0.0001, "spam": 0.0048}}}','2026-11-28 02:32:09.581686',1,NULL,NULL,'2026-11-28 02:32:09.922661',2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a56dxr7cn5638n0','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxteg5zmqp0rx99jcrexr','comment.published','{"type": "comment.published", "timestamp": "2026-11-28T02:32:09.527042+00:00", "data": {"id": "c_01m8fzxteg5zmqp0rx99jcrexr", "external_id": null, "thread": "/2026/the-bridge", "status": "published", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}], "scores": {"toxicity": 0.0001, "severe_toxicity": 0.0, "insult": 0.0, "profanity": 0.0, "threat": 0.0, "identity_attack": 0.0004, "spam": 0.0015}}}','2026-11-28 02:32:09.581709',1,'2026-11-28 02:32:14.801322',NULL,NULL,2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a5d6rsmgktc793e','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtep4z5y385eb5yghhmd','comment.rejected','{"type": "comment.rejected", "timestamp": "2026-11-28T02:32:09.527157+00:00", "data": {"id": "c_01m8fzxtep4z5y385eb5yghhmd", "external_id": null, "thread": null, "status": "rejected", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "banned_words", "action": "reject", "message": "It contains entry 1 of the site''s banned words."}], "scores": {"toxicity": 0.0152, "severe_toxicity": 0.0005, "insult": 0.0137, "profanity": 0.0036, "threat": 0.0006, "identity_attack": 0.0039, "spam": 0.0757}}}','2026-11-28 02:32:09.581730',1,'2026-11-28 02:32:14.583407',NULL,NULL,2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a5gcwvp4cypz0mj','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtet3w0fnsv9vetc51kn','comment.flagged','{"type": "comment.flagged", "timestamp": "2026-11-28T02:32:09.530500+00:00", "data": {"id": "c_01m8fzxtet3w0fnsv9vetc51kn", "external_id": null, "thread": "/2026/the-bridge", "status": "flagged", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.982 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9817, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8538, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.82 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.8193, "threshold": 0.75}], "scores": {"toxicity": 0.9817, "severe_toxicity": 0.1161, "insult": 0.8538, "profanity": 0.8193, "threat": 0.0009, "identity_attack": 0.0877, "spam": 0.0038}}}','2026-11-28 02:32:09.581752',1,'2026-11-28 02:32:14.774875',NULL,NULL,2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a5k379pp2vy4qce','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxteyfnjc02drxct3dreq','comment.flagged','{"type": "comment.flagged", "timestamp": "2026-11-28T02:32:09.533296+00:00", "data": {"id": "c_01m8fzxteyfnjc02drxct3dreq", "external_id": null, "thread": null, "status": "flagged", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.977 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9771, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.85 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8477, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.80 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.7999, "threshold": 0.75}], "scores": {"toxicity": 0.9771, "severe_toxicity": 0.0376, "insult": 0.8477, "profanity": 0.7999, "threat": 0.0, "identity_attack": 0.1171, "spam": 0.0014}}}','2026-11-28 02:32:09.581773',1,'2026-11-28 02:32:14.856296',NULL,NULL,2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a5nbak1fsjzex75','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtf26pddcq2abrbp39nx','comment.flagged','{"type": "comment.flagged", "timestamp": "2026-11-28T02:32:09.533957+00:00", "data": {"id": "c_01m8fzxtf26pddcq2abrbp39nx", "external_id": null, "thread": null, "status": "flagged", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "language", "action": "flag", "message": "The classifier cannot judge its language (de)."}], "scores": {"toxicity": 0.3151, "severe_toxicity": 0.0106, "insult": 0.0769, "profanity": 0.0863, "threat": 0.0051, "identity_attack": 0.0012, "spam": 0.0027}}}','2026-11-28 02:32:09.581820',0,'2026-11-28 02:32:09.581820',NULL,NULL,2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a5z8bejzn4gdazh','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtf64z05gvhnep9wype0','comment.published','{"type": "comment.published", "timestamp": "2026-11-28T02:32:09.534114+00:00", "data": {"id": "c_01m8fzxtf64z05gvhnep9wype0", "external_id": null, "thread": null, "status": "published", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}], "scores": {"toxicity": 0.0078, "severe_toxicity": 0.0001, "insult": 0.0004, "profanity": 0.0009, "threat": 0.0001, "identity_attack": 0.0007, "spam": 0.007}}}','2026-11-28 02:32:09.581840',0,'2026-11-28 02:32:09.581840',NULL,NULL,2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtkd4a63xatf0xyv7dg1','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtfe3bz3ev5rxa5phvmd','comment.published','{"type": "comment.published", "timestamp": "2026-11-28T02:32:09.534967+00:00", "data": {"id": "c_01m8fzxtfe3bz3ev5rxa5phvmd", "external_id": null, "thread": null, "status": "published", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "clear", "action": "publish", "message": "Every score is below its threshold and no rule applies."}], "scores": {"toxicity": 0.003, "severe_toxicity": 0.0002, "insult": 0.0011, "profanity": 0.0003, "threat": 0.0011, "identity_attack": 0.0003, "spam": 0.0025}}}','2026-11-28 02:32:09.581861',0,'2026-11-28 02:32:09.581861',NULL,NULL,2,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtmvd1vq0r3fd5gfdrg5','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtet3w0fnsv9vetc51kn','comment.rejected','{"type": "comment.rejected", "timestamp": "2026-11-28T02:32:09.598579+00:00", "data": {"id": "c_01m8fzxtet3w0fnsv9vetc51kn", "external_id": null, "thread": "/2026/the-bridge", "status": "rejected", "version": 3, "revision": 1, "decided_by": "user", "reasons": [{"rule": "moderator", "action": "reject", "message": "Insults somebody: Aimed at a person.", "label": "insult", "code": "insult", "note": "Aimed at a person."}], "scores": {"toxicity": 0.9817, "severe_toxicity": 0.1161, "insult": 0.8538, "profanity": 0.8193, "threat": 0.0009, "identity_attack": 0.0877, "spam": 0.0038}}}','2026-11-28 02:32:09.627545',0,'2026-11-28 02:32:09.627545',NULL,NULL,3,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtpnewjf7kb9rtmqvvdw','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtep4z5y385eb5yghhmd','appeal.decided','{"type": "appeal.decided", "timestamp": "2026-11-28T02:32:09.681103+00:00", "data": {"id": "c_01m8fzxtep4z5y385eb5yghhmd", "external_id": null, "thread": null, "status": "rejected", "version": 2, "outcome": "upheld"}}','2026-11-28 02:32:09.685694',0,'2026-11-28 02:32:09.685694',NULL,NULL,NULL,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtq802faktjnqfyjh03v','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxteyfnjc02drxct3dreq','comment.published','{"type": "comment.published", "timestamp": "2026-11-28T02:32:09.693153+00:00", "data": {"id": "c_01m8fzxteyfnjc02drxct3dreq", "external_id": null, "thread": null, "status": "published", "version": 3, "revision": 1, "decided_by": "user", "reasons": [{"rule": "moderator", "action": "publish", "message": "Harsh, but about a text.", "note": "Harsh, but about a text."}], "scores": {"toxicity": 0.9771, "severe_toxicity": 0.0376, "insult": 0.8477, "profanity": 0.7999, "threat": 0.0, "identity_attack": 0.1171, "spam": 0.0014}}}','2026-11-28 02:32:09.704923',0,NULL,NULL,NULL,3,'2026-11-28 02:32:09.719870');
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtsefxqm5vhpy3t6fert','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtf64z05gvhnep9wype0','comment.erased','{"type": "comment.erased", "timestamp": "2026-11-28T02:32:09.765398+00:00", "data": {"id": "c_01m8fzxtf64z05gvhnep9wype0", "external_id": null, "status": "erased", "version": 3}}','2026-11-28 02:32:09.774222',0,'2026-11-28 02:32:09.774222',NULL,NULL,3,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxttv26x866v2fwjvxtb3','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtdc5jsr7831pkpzn2pp','comment.rejected','{"type": "comment.rejected", "timestamp": "2026-11-28T02:32:09.809367+00:00", "data": {"id": "c_01m8fzxtdc5jsr7831pkpzn2pp", "external_id": null, "thread": "/2026/the-bridge", "status": "rejected", "version": 3, "revision": 1, "decided_by": "user", "reasons": [{"rule": "moderator", "action": "reject", "message": "Insults somebody: A raid.", "label": "insult", "code": "insult", "note": "A raid."}], "scores": {"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}}}','2026-11-28 02:32:09.819021',0,'2026-11-28 02:32:39.819021',NULL,NULL,3,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtv5ex8d061dq4518cw2','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxtdxb329m84z64kj12qd','comment.rejected','{"type": "comment.rejected", "timestamp": "2026-11-28T02:32:09.821520+00:00", "data": {"id": "c_01m8fzxtdxb329m84z64kj12qd", "external_id": null, "thread": "/2026/the-bridge", "status": "rejected", "version": 3, "revision": 1, "decided_by": "user", "reasons": [{"rule": "moderator", "action": "reject", "message": "Insults somebody: A raid.", "label": "insult", "code": "insult", "note": "A raid."}], "scores": {"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}}}','2026-11-28 02:32:09.829432',0,'2026-11-28 02:32:39.829432',NULL,NULL,3,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtvgfa1fysyt90rs5qg0','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxte23gjb080n85dyhth6','comment.rejected','{"type": "comment.rejected", "timestamp": "2026-11-28T02:32:09.832108+00:00", "data": {"id": "c_01m8fzxte23gjb080n85dyhth6", "external_id": null, "thread": "/2026/the-bridge", "status": "rejected", "version": 3, "revision": 1, "decided_by": "user", "reasons": [{"rule": "moderator", "action": "reject", "message": "Insults somebody: A raid.", "label": "insult", "code": "insult", "note": "A raid."}], "scores": {"toxicity": 0.9729, "severe_toxicity": 0.1206, "insult": 0.8521, "profanity": 0.7835, "threat": 0.0067, "identity_attack": 0.2097, "spam": 0.0016}}}','2026-11-28 02:32:09.840230',0,'2026-11-28 02:32:39.840230',NULL,NULL,3,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxtys6k6ypk3s87f5h3b3','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxteg5zmqp0rx99jcrexr','comment.published','{"type": "comment.published", "timestamp": "2026-11-28T02:32:09.931971+00:00", "data": {"id": "c_01m8fzxteg5zmqp0rx99jcrexr", "external_id": null, "thread": "/2026/the-bridge", "status": "published", "version": 3, "revision": 1, "decided_by": "user", "reasons": [{"rule": "moderator", "action": "publish", "message": "A moderator chose to publish it."}], "scores": {"toxicity": 0.0001, "severe_toxicity": 0.0, "insult": 0.0, "profanity": 0.0, "threat": 0.0, "identity_attack": 0.0004, "spam": 0.0015}}}','2026-11-28 02:32:09.945339',0,'2026-11-28 02:32:09.945339',NULL,NULL,3,NULL);
INSERT INTO "webhook_deliveries" VALUES('msg_01m8fzxw3y7yrp7pshf65dc7q6','w_01m8fzxsp3e2q15czg26vd8cw2','c_01m8fzxw034ycqwhz5rfvgnha3','comment.flagged','{"type": "comment.flagged", "timestamp": "2026-11-28T02:32:11.080975+00:00", "data": {"id": "c_01m8fzxw034ycqwhz5rfvgnha3", "external_id": "0d3ab4db-9f18-4576-ad59-ede43d78f937", "thread": "http://127.0.0.1/", "status": "flagged", "version": 2, "revision": 1, "decided_by": "policy", "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "Toxicity 0.980 reaches this site''s flag threshold of 0.811.", "label": "toxicity", "score": 0.9804, "threshold": 0.811}, {"rule": "flag_threshold", "action": "flag", "message": "Insult 0.88 reaches this site''s flag threshold of 0.75.", "label": "insult", "score": 0.8814, "threshold": 0.75}, {"rule": "flag_threshold", "action": "flag", "message": "Profanity 0.81 reaches this site''s flag threshold of 0.75.", "label": "profanity", "score": 0.8057, "threshold": 0.75}], "scores": {"toxicity": 0.9804, "severe_toxicity": 0.0952, "insult": 0.8814, "profanity": 0.8057, "threat": 0.0012, "identity_attack": 0.1494, "spam": 0.002}}}','2026-11-28 02:32:11.134834',0,'2026-11-28 02:32:11.134834',NULL,NULL,2,NULL);
CREATE TABLE webhook_endpoints (
	id VARCHAR(40) NOT NULL, 
	site_id VARCHAR(40) NOT NULL, 
	url VARCHAR(2000) NOT NULL, 
	sealed_secret TEXT NOT NULL, 
	active BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, protocol VARCHAR(20) DEFAULT 'standard' NOT NULL, 
	CONSTRAINT pk_webhook_endpoints PRIMARY KEY (id), 
	CONSTRAINT fk_webhook_endpoints_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);
INSERT INTO "webhook_endpoints" VALUES('w_01m8fzxsp3e2q15czg26vd8cw2','s_01m8fzxsnq26gam9ntbe4vja9h','http://127.0.0.1:42741/hook','gAAAAABrCj0ofSTYQvfMTWgZqfLF_1MzbcwzWzzu0vViqpOThHNDrijxEXxevsVHOWMNoVomt5kXfML6wV3jWhvH8A3QLKGarJ7Ug_Y6YB-UYG7vbku-jWX9SxVyJnwM2D_0d6W_JAcW',1,'2026-11-28 02:32:08.643531','standard');
INSERT INTO "webhook_endpoints" VALUES('w_01m8fzxtzr2038rsjp9cpmc10w','s_01m8fzxspf0tvwkfcy0agk081b','https://bees.example/hook','gAAAAABrCj0p8-3LbPCtBNmHvLePcC66zjra2Q0swVQD7nR_RFRw0MxWrqillq2Y-Hn-hHTzbru0-U3AD8kG-E4EhoWwLH5K6HymYAj-rfPRdUn4Ny6LH98SllOI65ymDjCAobMLcgd-',1,'2026-11-28 02:32:09.977214','standard');
INSERT INTO "webhook_endpoints" VALUES('w_01m8fzxtzx6r1ta3av7bv6yjwq','s_01m8fzxspf0tvwkfcy0agk081b','https://old.bees.example/hook','gAAAAABrCj0plji5rOK-_7BSN_9MbCOMFwiGumk0G_DkBdOeInWqTZTUVGpPMAbfLLvtQeLNQbdSW9MuZ-Y3rJLCgcjFjwO8uD_za9TWNPgkCQaMRlXIb60sH5JznbBAppXU8YGD_smQ',0,'2026-11-28 02:32:09.981514','standard');
INSERT INTO "webhook_endpoints" VALUES('w_01m8fzxw2ycad5ydxrpxtrys38','s_01m8fzxsnq26gam9ntbe4vja9h','http://127.0.0.1/wp-json/akismet/v1/webhook','gAAAAABrCj0rweDl8xgzXbgSgooInHpz6tR__AVvDyAN6rq9n5hZuDhmCxmgjm4S6bHcNL_5SVNmaJU6AUAC1Pan5q1xTvpDTQ==',1,'2026-11-28 02:32:11.102743','akismet');
CREATE INDEX ix_api_keys_site_id ON api_keys (site_id);
CREATE INDEX ix_audit_events_comment ON audit_events (comment_id, id);
CREATE INDEX ix_audit_events_site ON audit_events (site_id, id);
CREATE INDEX ix_comments_author ON comments (site_id, author_key, id);
CREATE INDEX ix_comments_content ON comments (site_id, content_hash, id);
CREATE INDEX ix_comments_pending ON comments (accepted_at, id) WHERE status = 'pending';
CREATE INDEX ix_comments_status ON comments (site_id, status, id);
CREATE INDEX ix_comments_thread ON comments (site_id, thread, created_at, id);
CREATE INDEX ix_comments_updated ON comments (site_id, updated_at, id);
CREATE UNIQUE INDEX uq_comments_external ON comments (site_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX uq_comments_idempotency ON comments (site_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX ix_user_sessions_user_id ON user_sessions (user_id);
CREATE INDEX ix_webhook_endpoints_site_id ON webhook_endpoints (site_id);
CREATE INDEX ix_reports_comment_id ON reports (comment_id);
CREATE INDEX ix_review_items_comment ON review_items (comment_id);
CREATE INDEX ix_review_items_oldest ON review_items (opened_at) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX uq_review_items_open ON review_items (comment_id, kind) WHERE closed_at IS NULL;
CREATE INDEX ix_webhook_deliveries_comment ON webhook_deliveries (comment_id);
CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at, id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX ix_webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX ix_webhook_deliveries_leased ON webhook_deliveries (endpoint_id, leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX ix_webhook_attempts_delivery_id ON webhook_attempts (delivery_id);
CREATE UNIQUE INDEX uq_webhook_endpoints_callback ON webhook_endpoints (site_id, url) WHERE protocol <> 'standard';
CREATE INDEX ix_compat_keys_site_id ON compat_keys (site_id);
CREATE INDEX ix_feedback_site ON feedback (site_id, id);
CREATE UNIQUE INDEX uq_feedback_example ON feedback (site_id, text_hash, source, label);
CREATE UNIQUE INDEX ix_users_oidc_subject ON users (oidc_subject);
CREATE UNIQUE INDEX ix_user_sessions_id ON user_sessions (id);
CREATE INDEX ix_comments_ip ON comments (site_id, ip, id) WHERE ip IS NOT NULL;
CREATE INDEX ix_comments_by_people ON comments (site_id, id) WHERE decided_by LIKE 'user:%';
CREATE INDEX ix_audit_events_people ON audit_events (actor, id) WHERE actor LIKE 'user:%';
CREATE INDEX ix_review_items_all ON review_items (due, id) WHERE closed_at IS NULL;
CREATE INDEX ix_review_items_site ON review_items (site_id, due, id) WHERE closed_at IS NULL;
CREATE INDEX ix_review_items_opened ON review_items (site_id, opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX ix_review_items_label ON review_items (site_id, label, due, id) WHERE closed_at IS NULL;
CREATE INDEX ix_review_items_rule ON review_items (site_id, rule, due, id) WHERE closed_at IS NULL;
CREATE INDEX ix_review_items_kind ON review_items (site_id, kind, due, id) WHERE closed_at IS NULL;
CREATE INDEX ix_review_items_language ON review_items (site_id, language, due, id) WHERE closed_at IS NULL;
CREATE INDEX ix_review_items_author ON review_items (site_id, author_key, due, id) WHERE closed_at IS NULL;
CREATE INDEX ix_review_items_thread ON review_items (site_id, thread, due, id) WHERE closed_at IS NULL;
CREATE INDEX ix_review_items_group ON review_items (group_id, site_id, due, id) WHERE closed_at IS NULL AND group_id IS NOT NULL;
CREATE INDEX ix_review_items_members ON review_items (group_id, comment_id) WHERE closed_at IS NULL AND group_id IS NOT NULL;
CREATE INDEX ix_review_items_second ON review_items (site_id, closed_at) WHERE kind = 'second_look' AND closed_at IS NOT NULL;
CREATE UNIQUE INDEX uq_appeals_comment ON appeals (comment_id, version);
CREATE INDEX ix_lookalike_bands_seen_at ON lookalike_bands (seen_at);
CREATE INDEX ix_bulk_jobs_unfinished ON bulk_jobs (touched_at) WHERE finished_at IS NULL;
CREATE INDEX ix_bulk_jobs_by ON bulk_jobs (created_by, id);
COMMIT;
