"""Reads what people paste: captures, transcripts, logs, bounces. Pure: bytes in, the replies found in them out."""
