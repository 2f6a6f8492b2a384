CREATE TABLE IF NOT EXISTS "__EFMigrationsHistory" (
    "MigrationId" TEXT NOT NULL CONSTRAINT "PK___EFMigrationsHistory" PRIMARY KEY,
    "ProductVersion" TEXT NOT NULL
);

CREATE TABLE "conversations" (
    "id" TEXT NOT NULL CONSTRAINT "pk_conversations" PRIMARY KEY,
    "owner" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "model" TEXT NULL,
    "system_prompt" TEXT NULL,
    "parameters" TEXT NULL,
    "message_count" INTEGER NOT NULL,
    "size" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL
);

CREATE TABLE "cooldowns" (
    "scope" TEXT NOT NULL CONSTRAINT "pk_cooldowns" PRIMARY KEY,
    "since" INTEGER NOT NULL,
    "until" INTEGER NOT NULL,
    "failures" INTEGER NOT NULL,
    "failure" TEXT NOT NULL,
    "reason" TEXT NOT NULL
);

CREATE TABLE "data_protection_keys" (
    "id" INTEGER NOT NULL CONSTRAINT "pk_data_protection_keys" PRIMARY KEY AUTOINCREMENT,
    "friendly_name" TEXT NULL,
    "xml" TEXT NULL
);

CREATE TABLE "failed_logins" (
    "key" TEXT NOT NULL CONSTRAINT "pk_failed_logins" PRIMARY KEY,
    "count" INTEGER NOT NULL,
    "locked_until" INTEGER NULL,
    "last_at" INTEGER NOT NULL
);

CREATE TABLE "notes" (
    "name" TEXT NOT NULL CONSTRAINT "pk_notes" PRIMARY KEY,
    "value" TEXT NOT NULL
);

CREATE TABLE "replicas" (
    "id" TEXT NOT NULL CONSTRAINT "pk_replicas" PRIMARY KEY,
    "version" TEXT NOT NULL,
    "started_at" INTEGER NOT NULL,
    "seen_at" INTEGER NOT NULL,
    "memory" INTEGER NOT NULL,
    "health" TEXT NOT NULL
);

CREATE TABLE "reservations" (
    "id" INTEGER NOT NULL CONSTRAINT "pk_reservations" PRIMARY KEY AUTOINCREMENT,
    "scope" TEXT NOT NULL,
    "at" INTEGER NOT NULL
);

CREATE TABLE "revisions" (
    "topic" TEXT NOT NULL CONSTRAINT "pk_revisions" PRIMARY KEY,
    "number" INTEGER NOT NULL
);

CREATE TABLE "settings" (
    "name" TEXT NOT NULL CONSTRAINT "pk_settings" PRIMARY KEY,
    "value" TEXT NOT NULL,
    "changed_at" INTEGER NOT NULL,
    "changed_by" TEXT NOT NULL
);

CREATE TABLE "usage" (
    "id" INTEGER NOT NULL CONSTRAINT "pk_usage" PRIMARY KEY AUTOINCREMENT,
    "at" INTEGER NOT NULL,
    "user_id" TEXT NULL,
    "route" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "fallbacks" INTEGER NOT NULL,
    "status" INTEGER NOT NULL,
    "outcome" TEXT NOT NULL,
    "prompt_tokens" INTEGER NOT NULL,
    "completion_tokens" INTEGER NOT NULL,
    "is_estimate" INTEGER NOT NULL,
    "first_token_ms" INTEGER NULL,
    "duration_ms" INTEGER NOT NULL,
    "replica" TEXT NOT NULL
);

CREATE TABLE "usage_days" (
    "day" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "requests" INTEGER NOT NULL,
    "failures" INTEGER NOT NULL,
    "prompt_tokens" INTEGER NOT NULL,
    "completion_tokens" INTEGER NOT NULL,
    "first_token_ms" INTEGER NOT NULL,
    "first_tokens" INTEGER NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    CONSTRAINT "pk_usage_days" PRIMARY KEY ("day", "user_id", "provider", "model")
);

CREATE TABLE "users" (
    "id" TEXT NOT NULL CONSTRAINT "pk_users" PRIMARY KEY,
    "name" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "password_hash" TEXT NULL,
    "security_stamp" TEXT NOT NULL,
    "is_disabled" INTEGER NOT NULL,
    "provider" TEXT NULL,
    "model" TEXT NULL,
    "system_prompt" TEXT NULL,
    "history" INTEGER NULL,
    "daily_requests" INTEGER NULL,
    "daily_tokens" INTEGER NULL,
    "created_at" INTEGER NOT NULL,
    "last_used_at" INTEGER NULL
);

CREATE TABLE "messages" (
    "id" TEXT NOT NULL CONSTRAINT "pk_messages" PRIMARY KEY,
    "conversation_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "details" TEXT NULL,
    "created_at" INTEGER NOT NULL,
    CONSTRAINT "fk_messages_conversations_conversation_id" FOREIGN KEY ("conversation_id") REFERENCES "conversations" ("id") ON DELETE CASCADE
);

CREATE TABLE "access_tokens" (
    "id" TEXT NOT NULL CONSTRAINT "pk_access_tokens" PRIMARY KEY,
    "user_id" TEXT NOT NULL,
    "hash" BLOB NOT NULL,
    "hint" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "is_disabled" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    "last_used_at" INTEGER NULL,
    CONSTRAINT "fk_access_tokens_users_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE UNIQUE INDEX "ix_access_tokens_hash" ON "access_tokens" ("hash");

CREATE INDEX "ix_access_tokens_user_id" ON "access_tokens" ("user_id");

CREATE INDEX "ix_conversations_owner_updated_at" ON "conversations" ("owner", "updated_at");

CREATE INDEX "ix_conversations_updated_at" ON "conversations" ("updated_at");

CREATE INDEX "ix_failed_logins_last_at" ON "failed_logins" ("last_at");

CREATE UNIQUE INDEX "ix_messages_conversation_id_position" ON "messages" ("conversation_id", "position");

CREATE INDEX "ix_reservations_scope_at" ON "reservations" ("scope", "at");

CREATE INDEX "ix_usage_at" ON "usage" ("at");

CREATE UNIQUE INDEX "ix_users_key" ON "users" ("key");

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261125110045_Initial', '10.0.15');

