CREATE TABLE IF NOT EXISTS images (
    id          VARCHAR(64)   PRIMARY KEY,
    chain_id    VARCHAR(64)   NOT NULL,
    size_bytes  BIGINT        NOT NULL,
    added_millis BIGINT       NOT NULL
);
CREATE TABLE IF NOT EXISTS image_layers (
    image_id    VARCHAR(64)   NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    position    INTEGER       NOT NULL,
    diff_id     VARCHAR(64)   NOT NULL,
    PRIMARY KEY (image_id, position)
);
CREATE TABLE IF NOT EXISTS image_names (
    name        VARCHAR(640)  PRIMARY KEY,
    image_id    VARCHAR(64)   NOT NULL
);
CREATE INDEX IF NOT EXISTS image_names_image ON image_names (image_id);
CREATE TABLE IF NOT EXISTS containers (
    id          VARCHAR(64)   PRIMARY KEY,
    name        VARCHAR(255)  NOT NULL,
    document    VARCHAR(1048576) NOT NULL,
    created_millis BIGINT     NOT NULL,
    changed_millis BIGINT     NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS containers_name ON containers (name);
