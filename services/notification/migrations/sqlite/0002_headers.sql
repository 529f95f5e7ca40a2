-- Where the mail belongs: the headers of the event that it was written for. Mails from before have none.
ALTER TABLE mail ADD COLUMN headers TEXT;
