-- Pictures that are no text; an SVG is in `text`. They are compressed already.
ALTER TABLE file ADD COLUMN bytes BYTEA;
ALTER TABLE file ALTER COLUMN bytes SET STORAGE EXTERNAL;
