"""FiveK from its server to a disk: which files, licences and consent, and transfers that outlive every broken connection."""
