"""Reading what people paste: captures, transcripts, logs, bounces. Pure: octets in, the replies found in them out."""
