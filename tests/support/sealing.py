"""The key with which tests have secrets sealed."""

SEALING_KEY = "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="
