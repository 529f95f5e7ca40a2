-- Pictures that are no text; an SVG is in `text`.
ALTER TABLE file ADD COLUMN bytes BLOB;
