"""The money: windows, applications, reviews, allocation, publicity, payments, recovery, documents."""
