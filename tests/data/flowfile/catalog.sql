BEGIN TRANSACTION;
CREATE TABLE cloud_storage_connections (
	id INTEGER NOT NULL, 
	connection_name VARCHAR NOT NULL, 
	storage_type VARCHAR NOT NULL, 
	auth_method VARCHAR NOT NULL, 
	aws_region VARCHAR, 
	aws_access_key_id VARCHAR, 
	aws_secret_access_key_id INTEGER, 
	aws_session_token_id INTEGER, 
	aws_role_arn VARCHAR, 
	aws_allow_unsafe_html BOOLEAN, 
	aws_profile VARCHAR, 
	azure_account_name VARCHAR, 
	azure_account_key_id INTEGER, 
	azure_tenant_id VARCHAR, 
	azure_client_id VARCHAR, 
	azure_client_secret_id INTEGER, 
	azure_sas_token_id INTEGER, 
	gcs_service_account_key_id INTEGER, 
	gcs_project_id VARCHAR, 
	endpoint_url VARCHAR, 
	extra_config TEXT, 
	verify_ssl BOOLEAN, 
	user_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(aws_secret_access_key_id) REFERENCES secrets (id), 
	FOREIGN KEY(aws_session_token_id) REFERENCES secrets (id), 
	FOREIGN KEY(azure_account_key_id) REFERENCES secrets (id), 
	FOREIGN KEY(azure_client_secret_id) REFERENCES secrets (id), 
	FOREIGN KEY(azure_sas_token_id) REFERENCES secrets (id), 
	FOREIGN KEY(gcs_service_account_key_id) REFERENCES secrets (id), 
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "cloud_storage_connections" VALUES(1,'lake','s3','access_key','eu-central-1','AKIAFLOW',1,2,NULL,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'http://minio.example.com:9000',NULL,0,1,'2026-03-01 10:00:00','2026-03-01 10:00:00');
INSERT INTO "cloud_storage_connections" VALUES(2,'team lake','adls','access_key',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'acmelake',3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1,'2026-03-01 10:00:00','2026-03-01 10:00:00');
INSERT INTO "cloud_storage_connections" VALUES(3,'gcs','gcs','service_account',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,4,'acme-analytics',NULL,NULL,1,1,'2026-03-01 10:00:00','2026-03-01 10:00:00');
INSERT INTO "cloud_storage_connections" VALUES(4,'cli','s3','aws-cli',NULL,NULL,NULL,NULL,NULL,NULL,'analytics',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1,'2026-03-01 10:00:00','2026-03-01 10:00:00');
INSERT INTO "cloud_storage_connections" VALUES(5,'broken','s3','access_key',NULL,'AKIA2',8,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1,'2026-03-01 10:00:00','2026-03-01 10:00:00');
INSERT INTO "cloud_storage_connections" VALUES(6,'gone','s3','access_key',NULL,'AKIA3',99,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1,'2026-03-01 10:00:00','2026-03-01 10:00:00');
CREATE TABLE database_connections (
	id INTEGER NOT NULL, 
	connection_name VARCHAR, 
	database_type VARCHAR, 
	username VARCHAR, 
	host VARCHAR, 
	port INTEGER, 
	"database" VARCHAR, 
	ssl_enabled BOOLEAN, 
	password_id INTEGER, 
	user_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(password_id) REFERENCES secrets (id), 
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "database_connections" VALUES(1,'sales','postgresql','loader','db.example.com',5432,'sales',1,5,1);
INSERT INTO "database_connections" VALUES(2,'old','mysql','loader','my.example.com',3306,'sales',0,7,1);
INSERT INTO "database_connections" VALUES(3,'file','sqlite',NULL,NULL,NULL,'/x.db',0,NULL,1);
INSERT INTO "database_connections" VALUES(4,'virtual','denodo',NULL,'d',9996,NULL,0,NULL,1);
CREATE TABLE google_analytics_connections (
	id INTEGER NOT NULL, 
	connection_name VARCHAR NOT NULL, 
	description TEXT, 
	default_property_id VARCHAR, 
	auth_method VARCHAR DEFAULT 'oauth' NOT NULL, 
	oauth_user_email VARCHAR, 
	credential_secret_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(credential_secret_id) REFERENCES secrets (id), 
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "google_analytics_connections" VALUES(1,'ga',NULL,NULL,'oauth',NULL,5,1,'2026-03-01 10:00:00','2026-03-01 10:00:00');
CREATE TABLE kafka_connections (
	id INTEGER NOT NULL, 
	connection_name VARCHAR NOT NULL, 
	bootstrap_servers VARCHAR NOT NULL, 
	security_protocol VARCHAR NOT NULL, 
	sasl_mechanism VARCHAR, 
	sasl_username VARCHAR, 
	sasl_password_id INTEGER, 
	ssl_ca_location VARCHAR, 
	ssl_cert_location VARCHAR, 
	ssl_key_id INTEGER, 
	schema_registry_url VARCHAR, 
	extra_config TEXT, 
	user_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(sasl_password_id) REFERENCES secrets (id), 
	FOREIGN KEY(ssl_key_id) REFERENCES secrets (id), 
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "kafka_connections" VALUES(1,'events','k1.example.com:9092,k2.example.com:9092','SASL_SSL','SCRAM-SHA-512','u',6,NULL,NULL,NULL,NULL,NULL,1,'2026-03-01 10:00:00','2026-03-01 10:00:00');
CREATE TABLE secrets (
	id INTEGER NOT NULL, 
	name VARCHAR, 
	encrypted_value TEXT, 
	iv VARCHAR, 
	user_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "secrets" VALUES(1,'lake_aws_secret_access_key','$ffsec$1$1$gAAAAABrB5B2KmAlcX0jeRR6dRMRppBZVIDGpixopVUgmapzyouYM7umMkPwxWVcu71K1OfA-1fBqtt2_il7Zr_rE-p8jqZSh7p-BXGGs5aLD8ayo3h1UDo=','',1);
INSERT INTO "secrets" VALUES(2,'lake_aws_session_token','$ffsec$1$1$gAAAAABrB5B2pNTPhdR2A-jYZZ7XUhB04qgPKTO0_YBMtj9aEjjmSfMGHHBL6KdiySkbtyDk9x4Tqk5S7CDrrqnpg9gVdfVQEx6Ma7hWLij6iF0-Oh_85CE=','',1);
INSERT INTO "secrets" VALUES(3,'azureazure_account_key','$ffsec$1$1$gAAAAABrB5B2aBCld5w-EA2Sh4xQYKBViUsgKH5WS8sa_6Y8e92MqXDJhiFDKsDDmg5UU7fpIbKRamH2RfxFxViMBhbU40TAadVQxXih4UAZH3xAgs9loz8=','',1);
INSERT INTO "secrets" VALUES(4,'gcs_gcs_service_account_key','$ffsec$1$1$gAAAAABrB5B202UfU-eSZo-B-rceLuihxvGZdhv0eVRvFIuZ6a6Alu2nH0xvYYFVxF4UHxa1BcTlJwmcWFsaXUHBv19SO_1Yo6E0hKytPCYi9VYiD4hwaLmofCUz7_UohlPqRbFOnPIbJdLJS7HIifSiX32lYrKoGg==','',1);
INSERT INTO "secrets" VALUES(5,'sales','$ffsec$1$1$gAAAAABrB5B2LF2rwzHaPuI7blMerro1a6EfzGWDEuI73FRDHJVYLBHtRKMqXBhO6Qp3GwWwofkVG5cLv1qHOjlBQj4_fQlcFw==','',1);
INSERT INTO "secrets" VALUES(6,'kafka_events_sasl','$ffsec$1$1$gAAAAABrB5B2_qWr4tQUo3FH1cqNIPmwOYs3sI4MGNgFi5iNx3n6S7Dtm5htTbx3XhYGjPjKO4ZNAjWBTfsD8sKviXaYCjCgR8xkstNYeg1exrYGC3TtGn0=','',1);
INSERT INTO "secrets" VALUES(7,'legacy','gAAAAABrB5B2BtYGbeOfvtgeaATIn0H9RmMOL_jEAW84tcv1VN4tfH0aNpBJS6638iGlH5TtEDRRvYCNTv_Ybh72DvULa_N_Iv7nVMwMC6Yayp03Z7t5Sk0=','',1);
INSERT INTO "secrets" VALUES(8,'broken','$ffsec$1$1$gAAAAABrB5B2v8OgVhAXtvXABJ7GMIA4lJVQ-eo4ygR2I4JMurYWrVvBJo3KuCL6aZkgNF1-9c3Oc_bUWq2YoV7FGtcv4NFMCh-Mg28YDY9Fo3UJVnAAAA==','',1);
CREATE TABLE users (
	id INTEGER NOT NULL, 
	username VARCHAR, 
	email VARCHAR, 
	full_name VARCHAR, 
	hashed_password VARCHAR, 
	disabled BOOLEAN, 
	is_admin BOOLEAN, 
	must_change_password BOOLEAN, 
	PRIMARY KEY (id)
);
INSERT INTO "users" VALUES(1,'local_user','l@example.com',NULL,'x',NULL,NULL,NULL);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE INDEX ix_users_id ON users (id);
CREATE UNIQUE INDEX ix_users_username ON users (username);
CREATE INDEX ix_secrets_name ON secrets (name);
CREATE INDEX ix_secrets_id ON secrets (id);
CREATE INDEX ix_cloud_storage_connections_id ON cloud_storage_connections (id);
CREATE INDEX ix_cloud_storage_connections_connection_name ON cloud_storage_connections (connection_name);
CREATE INDEX ix_database_connections_connection_name ON database_connections (connection_name);
CREATE INDEX ix_database_connections_id ON database_connections (id);
CREATE INDEX ix_google_analytics_connections_connection_name ON google_analytics_connections (connection_name);
CREATE INDEX ix_google_analytics_connections_id ON google_analytics_connections (id);
CREATE INDEX ix_kafka_connections_id ON kafka_connections (id);
CREATE INDEX ix_kafka_connections_connection_name ON kafka_connections (connection_name);
COMMIT;
