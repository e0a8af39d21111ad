"""The models of an application that shares the five tables, as its authors wrote them.

Do not tidy: the test is that they work as they are. Each necessary change is marked `mend`.
"""
# infrastructure/persistence/models/UserModel.py
from sqlalchemy import Column, String, Enum, Boolean, DateTime, JSON, Text
# mend: the names that the models use and the original does not import
from sqlalchemy import Date, ForeignKey, Index, Integer, UniqueConstraint
from datetime import datetime
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import relationship
import uuid

Base = declarative_base()

class UserModel(Base):
    """SQLAlchemy model for User entity"""
    __tablename__ = 'users'

    id = Column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    username = Column(String(50), unique=True, nullable=False, index=True)
    password_hash = Column(String(255), nullable=False)
    # mend: Postgres has no native enum without a name; VARCHAR(9) beside a CHECK is what the database has
    status = Column(Enum('pending', 'active', 'suspended', 'banned', 'deleted',
                         native_enum=False, name='ck_users_status'),
                   default='pending')
    roles = Column(JSON, default=['user'])  # Store as JSON array

    # Authentication flags
    email_verified = Column(Boolean, default=False)
    phone_verified = Column(Boolean, default=False)
    two_factor_enabled = Column(Boolean, default=False)
    failed_login_attempts = Column(Integer, default=0)
    account_locked_until = Column(DateTime, nullable=True)

    # Timestamps
    created_at = Column(DateTime, default=datetime.utcnow)
    updated_at = Column(DateTime, default=datetime.utcnow, onupdate=datetime.utcnow)
    last_login_at = Column(DateTime, nullable=True)
    password_changed_at = Column(DateTime, default=datetime.utcnow)

    # Preferences
    preferences = Column(JSON, default={
        "email_notifications": True,
        "sms_notifications": False,
        "newsletter": True,
        "theme": "light",
        "language": "en"
    })

    # Relationships (lazy loading)
    emails = relationship("UserEmailModel", back_populates="user",
                         cascade="all, delete-orphan")
    phones = relationship("UserPhoneModel", back_populates="user",
                         cascade="all, delete-orphan")
    addresses = relationship("UserAddressModel", back_populates="user",
                            cascade="all, delete-orphan")
    profile = relationship("UserProfileModel", back_populates="user",
                          uselist=False, cascade="all, delete-orphan")

# infrastructure/persistence/models/UserEmailModel.py
class UserEmailModel(Base):
    """SQLAlchemy model for User-Email relationship"""
    __tablename__ = 'user_emails'

    id = Column(Integer, primary_key=True, autoincrement=True)
    user_id = Column(String(36), ForeignKey('users.id'), nullable=False, index=True)
    email = Column(String(255), nullable=False, index=True)
    provider = Column(String(50))
    contact_type = Column(String(20), default='primary')
    is_verified = Column(Boolean, default=False)
    is_default = Column(Boolean, default=False, index=True)
    created_at = Column(DateTime, default=datetime.utcnow)
    verified_at = Column(DateTime, nullable=True)

    # Composite unique constraint
    __table_args__ = (
        UniqueConstraint('user_id', 'email', name='uq_user_email'),
    )

    # Relationships
    user = relationship("UserModel", back_populates="emails")

# infrastructure/persistence/models/UserAddressModel.py
class UserAddressModel(Base):
    """SQLAlchemy model for User-Address relationship"""
    __tablename__ = 'user_addresses'

    id = Column(Integer, primary_key=True, autoincrement=True)
    user_id = Column(String(36), ForeignKey('users.id'), nullable=False, index=True)

    # Address fields
    street_line1 = Column(String(255), nullable=False)
    street_line2 = Column(String(255))
    city = Column(String(100), nullable=False)
    state = Column(String(50), nullable=False)
    postal_code = Column(String(20), nullable=False)
    country = Column(String(50), default='USA')

    # Metadata
    contact_type = Column(String(20), default='home')
    is_default = Column(Boolean, default=False, index=True)
    created_at = Column(DateTime, default=datetime.utcnow)

    # Relationships
    user = relationship("UserModel", back_populates="addresses")

    # Indexes
    __table_args__ = (
        Index('idx_user_address_type', 'user_id', 'contact_type'),
    )

# infrastructure/persistence/models/UserPhoneModel.py
class UserPhoneModel(Base):
    """SQLAlchemy model for User-Phone relationship"""
    __tablename__ = 'user_phones'

    id = Column(Integer, primary_key=True, autoincrement=True)
    user_id = Column(String(36), ForeignKey('users.id'), nullable=False, index=True)

    # Phone fields
    phone_number = Column(String(50), nullable=False, index=True)
    country_code = Column(String(5))
    formatted_number = Column(String(50))

    # Metadata
    contact_type = Column(String(20), default='mobile')
    is_verified = Column(Boolean, default=False)
    is_default = Column(Boolean, default=False, index=True)
    created_at = Column(DateTime, default=datetime.utcnow)
    verified_at = Column(DateTime, nullable=True)

    # Relationships
    user = relationship("UserModel", back_populates="phones")

    # Composite unique constraint
    __table_args__ = (
        UniqueConstraint('user_id', 'phone_number', name='uq_user_phone'),
    )

# infrastructure/persistence/models/UserProfileModel.py
class UserProfileModel(Base):
    """SQLAlchemy model for User Profile"""
    __tablename__ = 'user_profiles'

    id = Column(Integer, primary_key=True, autoincrement=True)
    user_id = Column(String(36), ForeignKey('users.id'), unique=True, nullable=False, index=True)

    # Profile fields
    first_name = Column(String(100), nullable=False)
    last_name = Column(String(100), nullable=False)
    display_name = Column(String(100))
    date_of_birth = Column(Date, nullable=True)
    gender = Column(String(20))
    preferred_language = Column(String(10), default='en')
    timezone = Column(String(50), default='UTC')
    bio = Column(Text)
    avatar_url = Column(String(500))

    # Timestamps
    created_at = Column(DateTime, default=datetime.utcnow)
    updated_at = Column(DateTime, default=datetime.utcnow, onupdate=datetime.utcnow)

    # Relationships
    user = relationship("UserModel", back_populates="profile")
